"""Keys of dropped files, of their reports and of their prompts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from understudy.domain.drop_reports import MAX_NAME_BYTES, REPORT, object_names
from understudy.domain.drops import (
    MAX_KEY_BYTES,
    DropKey,
    InvalidDropKeyError,
    padded_sequencer,
    parse_drop_key,
    prompted_key,
    report_prefix,
)
from understudy.domain.file_names import UNSAFE
from understudy.domain.run_steps import GeneratedFile

MAX_S3_KEY_BYTES = 1024


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
def test_drop_key_is_parsed_byte_for_byte(key: str, expected: DropKey) -> None:
    """Names are not normalised."""
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
def test_invalid_drop_key_is_rejected(key: str) -> None:
    """Wrong number of segments, path traversal, deceptive characters, unsupported types."""
    with pytest.raises(InvalidDropKeyError):
        parse_drop_key(key)


def test_rejection_names_the_tenant_only_if_the_key_shows_it() -> None:
    """The record of a rejection must not be another tenant's."""
    with pytest.raises(InvalidDropKeyError) as sure:
        parse_drop_key("drop/acme/ada/sales/q1.exe")
    with pytest.raises(InvalidDropKeyError) as unsure:
        parse_drop_key("drop/../acme/sales/q1.csv")

    assert (sure.value.tenant, unsure.value.tenant) == ("acme", None)


@given(st.text(max_size=60))
def test_every_report_stays_below_the_tenants_prefix(tail: str) -> None:
    """For valid and for rejected keys; no segment of its path is empty, `.` or `..`."""
    key = f"drop/acme/{tail}"

    prefix = report_prefix(key)

    assert prefix.startswith("answers/acme/")
    assert not {"", ".", ".."} & set(prefix.split("/")[:-1])
    assert not UNSAFE.search(prefix)
    try:
        parsed = parse_drop_key(key)
    except InvalidDropKeyError:
        return
    assert parsed.tenant == "acme"
    assert f"drop/acme/{parsed.user_id}/{parsed.purpose}/{parsed.name}" == key
    assert prefix == f"answers/acme/{parsed.user_id}/{parsed.purpose}/{parsed.name}/"


def test_padded_sequencers_sort_as_s3_documents() -> None:
    """The shorter sequencer is padded on its right."""
    assert padded_sequencer("00A1") < padded_sequencer("00A10001") < padded_sequencer("00B")


@pytest.mark.parametrize(
    ("key", "prefix"),
    [
        ("drop/q1.csv", "answers/q1.csv/"),
        ("drop/acme/ada", "answers/acme/ada/"),
        ("drop/acme/ada/sales/tool.exe", "answers/acme/ada/sales/tool.exe/"),
        ("drop/acme/../sales/a.csv", "answers/acme/%2E%2E/sales/a.csv/"),
        ("drop/acme//sales/a\n.csv", "answers/acme/%20/sales/a%0A.csv/"),
    ],
)
def test_every_key_has_a_place_for_its_report(key: str, prefix: str) -> None:
    """Also a key that is too short, or that a file system would not take."""
    assert report_prefix(key) == prefix


@pytest.mark.parametrize("character", ["a", "é", "\n", "🦆"])
def test_report_of_the_longest_key_fits_into_s3(character: str) -> None:
    """Together with the longest name of a file beside it."""
    keys = ["drop/acme/ada/sales/" + character * size for size in (100, 240, 250, 500, 1000)]

    for prefix in map(report_prefix, keys):
        assert len(prefix.encode()) + MAX_NAME_BYTES <= MAX_S3_KEY_BYTES


def test_key_that_leaves_no_room_for_a_report_is_rejected() -> None:
    """S3 takes 1,024 bytes."""
    key = "drop/acme/ada/sales/" + "x" * MAX_KEY_BYTES + ".csv"

    with pytest.raises(InvalidDropKeyError, match="longer than"):
        parse_drop_key(key)


@pytest.mark.parametrize(
    ("key", "prompted"),
    [
        ("drop/a/b/c/q1.csv.prompt.txt", "drop/a/b/c/q1.csv"),
        ("drop/a/b/c/notes.txt", None),
        ("drop/a/b/c/.prompt.txt", None),
        ("drop/a/b/c/tool.exe.prompt.txt", None),
    ],
)
def test_prompt_names_the_file_that_it_is_for(key: str, prompted: str | None) -> None:
    """Without the name of a supported file it is a text like any other."""
    assert prompted_key(key) == prompted


def test_files_beside_a_report_have_safe_and_different_names() -> None:
    """Whatever code interpreter called them."""
    names = ["a.png", "a.png", "../b\n.csv", REPORT, "é" * 200 + ".csv", ".."]
    generated = [
        GeneratedFile(
            file_id=f"file-{number}", container_id="c", provider_file_id=str(number), filename=name
        )
        for number, name in enumerate(names)
    ]

    found = list(object_names(generated).values())

    assert found[:4] == ["a.png", "file-1-a.png", "_b_.csv", f"file-3-{REPORT}"]
    assert found[4].endswith(".csv")
    assert len(found[4].encode()) <= MAX_NAME_BYTES
    assert found[5] == "file-5"
    assert len(set(found)) == len(found)
