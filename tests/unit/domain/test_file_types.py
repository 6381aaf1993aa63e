"""File types by name and by first bytes."""

import pytest
from understudy.domain.file_types import FileKind, checked_type, kind_of, provider_name


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
def test_extension_decides_the_tool_and_is_sent_in_lower_case(
    name: str, kind: FileKind | None, sent: str
) -> None:
    """The provider's vector stores reject capitals."""
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
def test_first_bytes_decide_what_is_an_image(name: str, first: bytes, kind: str) -> None:
    """False images, and types that a browser would run, become `application/octet-stream`."""
    assert checked_type(name, first) == kind
