"""Keys that files are dropped at, and what their names say of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from understudy.domain.drops import padded_sequencer
from understudy.domain.file_types import FileKind, checked_type, kind_of, provider_name
from understudy.domain.files import (
    DropKey,
    File,
    InvalidDropKeyError,
    parse_drop_key,
    shown_name,
)
from understudy.domain.object_events import new_objects
from understudy.http.objects.files import file_object


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("drop/acme/ada/sales/q1.csv", DropKey("acme", "ada", "sales", "q1.csv")),
        ("drop/acme/ada/sales/Q1.CSV", DropKey("acme", "ada", "sales", "Q1.CSV")),
        ("drop/a/ada@example.com/x/a+b %.csv", DropKey("a", "ada@example.com", "x", "a+b %.csv")),
        ("drop/a/b/c/'; DROP TABLE--.csv", DropKey("a", "b", "c", "'; DROP TABLE--.csv")),
        ("drop/a/b/c/=1+1|{{7*7}}.csv", DropKey("a", "b", "c", "=1+1|{{7*7}}.csv")),
        ("drop/a/b/c/umsätze…日本.pdf", DropKey("a", "b", "c", "umsätze…日本.pdf")),
        ("drop/a/b/c/..a..csv", DropKey("a", "b", "c", "..a..csv")),
        ("drop/%2E%2E/b/c/d.csv", DropKey("%2E%2E", "b", "c", "d.csv")),
    ],
)
def test_a_key_says_whose_the_file_is(key: str, expected: DropKey) -> None:
    """Everything beside the structure is only a name, kept byte for byte."""
    assert parse_drop_key(key) == expected


@pytest.mark.parametrize(
    "key",
    [
        "",
        "drop",
        "drop/acme/ada/sales",
        "drop/acme/ada/sales/",
        "drop/acme/ada/sales/2026/q1.csv",
        "Drop/acme/ada/sales/q1.csv",
        "/drop/acme/ada/sales/q1.csv",
        "drop//ada/sales/q1.csv",
        "drop/acme//sales/q1.csv",
        "drop/acme/../sales/q1.csv",
        "drop/acme/./sales/q1.csv",
        "drop/../ada/sales/q1.csv",
        "drop/acme/ada/sales/..",
        "drop/acme/ada/sales/a\\b.csv",
        "drop/acme/ada/sales/a\x00.csv",
        "drop/acme/ada/sales/a\n.csv",
        "drop/acme/ada/sales/a\x85.csv",
        "drop/acme/ada/sales/\u202efdp.csv",
        "drop/acme/ada\u2066/sales/q1.csv",
        "drop/acme/ada/sales/a\u2028.csv",
        "drop/acme/a#b/sales/q1.csv",
        "drop/acme/a b/sales/q1.csv",
        "drop/acme/ada/sales/q1.exe",
        "drop/acme/ada/sales/csv",
        "drop/acme/ada/sales/.csv",
        "drop/acme/ada/sales/q1.csv ",
        "drop/acme/ada/sales/q1.csv.",
        "drop/acme/ada/sales/\ud800.csv",
        "drop/acme/ada/sales/" + "x" * 1024 + ".csv",
    ],
)
def test_any_other_key_is_refused(key: str) -> None:
    """Other segments, ways up and around, characters that deceive, types that are not taken."""
    with pytest.raises(InvalidDropKeyError):
        parse_drop_key(key)


def test_a_refusal_names_the_tenant_only_where_it_is_sure() -> None:
    """A record of the refusal must not end up with somebody else."""
    with pytest.raises(InvalidDropKeyError) as sure:
        parse_drop_key("drop/acme/ada/sales/q1.exe")
    with pytest.raises(InvalidDropKeyError) as unsure:
        parse_drop_key("drop/../acme/sales/q1.csv")

    assert (sure.value.tenant, unsure.value.tenant) == ("acme", None)


@given(st.text(max_size=60))
def test_no_key_leads_out_of_its_owners_prefix(tail: str) -> None:
    """Whatever follows the tenant, a key that is taken is that tenant's and says itself again."""
    key = f"drop/acme/{tail}"
    try:
        parsed = parse_drop_key(key)
    except InvalidDropKeyError:
        return

    assert parsed.tenant == "acme"
    assert f"drop/acme/{parsed.user_id}/{parsed.purpose}/{parsed.name}" == key
    assert parsed.answers.startswith("answers/acme/")


@pytest.mark.parametrize(
    ("name", "kind", "sent"),
    [
        ("a.CSV", FileKind.DATA, "a.csv"),
        ("A.Report.PDF", FileKind.DOCUMENT, "A.Report.pdf"),
        ("x.JPEG", FileKind.IMAGE, "x.jpeg"),
        ("x.tar.gz", None, "x.tar.gz"),
        ("README", None, "README"),
    ],
)
def test_the_extension_says_who_reads_a_file(name: str, kind: FileKind | None, sent: str) -> None:
    """The provider gets it in lower case: its vector stores refuse capitals."""
    assert kind_of(name) is kind
    assert provider_name(name) == sent


@pytest.mark.parametrize(
    ("name", "first", "kind"),
    [
        ("plot.png", b"\x89PNG\r\n\x1a\n...", "image/png"),
        ("plot.png", b"<html><script>", "application/octet-stream"),
        ("plot.txt", b"\xff\xd8\xff\xe0", "image/jpeg"),
        ("a.webp", b"RIFF....WEBPVP8 ", "image/webp"),
        ("page.html", b"<html>", "application/octet-stream"),
        ("drawing.svg", b"<svg", "application/octet-stream"),
        ("out.csv", b"a,b", "text/csv"),
    ],
)
def test_bytes_decide_what_is_an_image(name: str, first: bytes, kind: str) -> None:
    """What calls itself an image and is none, and what a browser would run, is stored as bytes."""
    assert checked_type(name, first) == kind


def test_sequencers_of_differing_length_compare_as_s3_means_them() -> None:
    """The shorter one is padded on its right."""
    assert padded_sequencer("00A1") < padded_sequencer("00A10001") < padded_sequencer("00B")


def test_a_notification_is_decoded_once_and_a_bus_event_never() -> None:
    """Both dialects name the same key, with a plus and a percent sign in it."""
    described = {"key": "drop/t/u/p/100%25+%2B.csv", "size": 1, "sequencer": "00"}
    record = {
        "eventName": "ObjectCreated:Put",
        "eventTime": "2026-11-20T10:00:00.000Z",
        "s3": {"bucket": {"name": "b"}, "object": described},
    }
    on_bus = {
        "source": "aws.s3",
        "detail-type": "Object Created",
        "time": "2026-11-20T10:00:00Z",
        "detail": {"bucket": {"name": "b"}, "object": {"key": "drop/t/u/p/100% +.csv"}},
    }

    [[notified], none] = new_objects({"Records": [record]})
    [[told], _] = new_objects(on_bus)

    assert notified.key == told.key == "drop/t/u/p/100% +.csv"
    assert none == []


def test_a_record_that_says_nothing_keeps_nothing_from_the_others() -> None:
    """Bad encoding and missing keys are set apart; events of other kinds are left out."""
    broken = {"eventName": "ObjectCreated:Put", "s3": {"object": {}}}
    encoded = {
        "eventName": "ObjectCreated:Put",
        "eventTime": "2026-11-20T10:00:00.000Z",
        "s3": {"bucket": {"name": "b"}, "object": {"key": "drop/%FF"}},
    }
    removed = {"eventName": "ObjectRemoved:Delete"}

    found, errors = new_objects({"Records": [broken, encoded, removed]})

    assert found == []
    assert len(errors) == 2
    assert new_objects({"Event": "s3:TestEvent"}) == ([], [])


def test_a_file_that_nobody_uses_shows_when_it_goes() -> None:
    """After 30 days; one that is in use only goes when its owner said so."""
    file = File(id="file-1", tenant="t", filename="a", purpose="assistants", bytes=1, created_at=0)

    assert file_object(file)["expires_at"] == 30 * 86_400
    assert "expires_at" not in file_object(file.model_copy(update={"uses": 1}))
    assert file_object(file.model_copy(update={"uses": 1, "ends_at": 9}))["expires_at"] == 9


def test_the_name_of_a_refused_file_is_fit_to_be_shown() -> None:
    """Characters that deceive are replaced, and folders left out."""
    assert shown_name("drop/a/b/c/d/\u202efdp.exe") == "\ufffdfdp.exe"
