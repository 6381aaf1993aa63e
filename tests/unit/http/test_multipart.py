"""Multipart forms: names, types and contents of their parts."""

import pytest
from understudy.errors import InvalidRequestError, UnsupportedMediaError
from understudy.http.multipart import FormPart, read_form

from tests.cpu import cpu_seconds

KIND = "multipart/form-data; boundary=b"


def form(disposition: str, content: bytes = b"x", more: str = "") -> bytes:
    """Returns the body of a form with one part."""
    head = f"Content-Disposition: form-data; {disposition}\r\n{more}"
    return b"--b\r\n" + head.encode() + b"\r\n" + content + b"\r\n--b--\r\n"


def sent_name(disposition: str) -> str | None:
    """Returns the file name that is read from a Content-Disposition."""
    [part] = read_form(KIND, form(f'name="file"; {disposition}')).values()
    return part.filename


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('filename="sales.csv"', "sales.csv"),
        ("filename=sales.csv", "sales.csv"),
        ('filename="a%22b.csv"', 'a"b.csv'),
        ('filename="a\\"b.csv"', 'a"b.csv'),
        ('filename="会议.txt"', "会议.txt"),
        ("filename=\"x.txt\"; filename*=utf-8''%E4%BC%9A%E8%AE%AE.txt", "会议.txt"),
        ("filename*=UTF-8'en'na%C3%AFve.txt; filename=x.txt", "naïve.txt"),
        ("filename*=iso-8859-1''na%EFve.txt; filename=x.txt", "naïve.txt"),
        ("filename=x.txt; filename*=utf-8''%FF.txt", "x.txt"),
        ("filename=x.txt; filename*=unknown''%79.txt", "x.txt"),
        (
            'filename="=?utf-8?B?5Lya6K6uLnR4dA==?="; '
            "filename*=utf-8''%E4%BC%9A%E8%AE%AE%E4%BC%9A.txt",
            "会议会.txt",
        ),
        ('filename="=?utf-8?B?5Lya6K6uLnR4dA==?="', "会议.txt"),
        ('filename="../../etc/passwd"', "passwd"),
        ('filename="C:\\dir\\q1.csv"', "q1.csv"),
        ('filename="a%0D%0ASet-Cookie: x=1.txt"', "aSet-Cookie: x=1.txt"),
        ("filename*=utf-8''a%0D%0Ab%00c%E2%80%AE.txt", "abc.txt"),
        ('filename="=?utf-8?B?YQ0KYi50eHQ=?="', "ab.txt"),
    ],
)
def test_file_name_is_decoded_and_clean(disposition: str, name: str) -> None:
    """As browsers, curl, .NET and attackers send it."""
    assert sent_name(disposition) == name


def test_parts_keep_their_bytes_and_types() -> None:
    """The content is not interpreted, whatever its type."""
    body = (
        b'--b\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nassistants\r\n'
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n'
        b"Content-Type: message/rfc822\r\n\r\n\x00\xff\r\n--c\r\n--\r\n--b--\r\n"
    )

    assert read_form(KIND, body) == {
        "purpose": FormPart(b"assistants"),
        "file": FormPart(b"\x00\xff\r\n--c\r\n--", "a.bin", "message/rfc822"),
    }


@pytest.mark.parametrize("kind", ["text/html\x0bx", "text/\x7fhtml", "tëxt/html"])
def test_content_type_that_cannot_be_a_header_is_dropped(kind: str) -> None:
    """It would become a header of the download."""
    body = form('name="file"; filename="a.txt"', more=f"Content-Type: {kind}\r\n")

    assert read_form(KIND, body)["file"].content_type is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--b--",
        b"--b\r\nno header\r\n--b--\r\n",
        b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n",
        b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n',
        b'--b\r\nContent-Disposition: form-data; name="\xff"\r\n\r\nx\r\n--b--\r\n',
        b"--other\r\n\r\n--other--\r\n",
    ],
)
def test_broken_form_is_rejected_or_empty(body: bytes) -> None:
    """With OpenAI's message, never with an unexpected error."""
    try:
        parts = read_form(KIND, body)
    except InvalidRequestError:
        return

    assert parts == {}


@pytest.mark.parametrize("kind", ["", "application/json", "multipart/mixed; boundary=b"])
def test_other_content_type_is_rejected(kind: str) -> None:
    """A form is all that an upload may be."""
    with pytest.raises(UnsupportedMediaError):
        read_form(kind, form('name="a"'))


def test_too_many_parts_and_long_headers_are_rejected_at_little_cost() -> None:
    """Megabytes of either are refused before they are parsed."""
    part = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n'
    bodies = (part * 80_000 + b"--b--\r\n", form('name="a"' + "; a=" * 800_000))

    def read_all() -> None:
        for body in bodies:
            with pytest.raises(InvalidRequestError):
                read_form(KIND, body)

    assert cpu_seconds(read_all, limit=1) < 1
