"""Names under which files are stored, and names in headers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from understudy.domain.file_names import (
    MAX_NAME,
    UNSAFE,
    clean_name,
    decoded_words,
    disposition,
)


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("sales.csv", "sales.csv"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ada\\q1.csv", "q1.csv"),
        ("a\r\nSet-Cookie: x=1.txt", "aSet-Cookie: x=1.txt"),
        ("nul\0.txt", "nul.txt"),
        ("\x1b[31mred.txt", "[31mred.txt"),
        ("\u202efdp.exe", "fdp.exe"),
        ("half\ud83c.txt", "half.txt"),
        ("会议.txt", "会议.txt"),
        ("", "file"),
        ("..", "file"),
        ("folder/", "file"),
        ("x" * 300 + ".csv", "x" * 251 + ".csv"),
    ],
)
def test_stored_name_is_a_clean_base_name(sent: str, stored: str) -> None:
    """As OpenAI's API returns it; characters that deceive are removed."""
    assert clean_name(sent) == stored


@given(st.text(max_size=400))
def test_stored_name_is_never_unsafe(sent: str) -> None:
    """No folders, no control characters, no longer than a file system takes."""
    name = clean_name(sent)

    assert 1 <= len(name) <= MAX_NAME
    assert "/" not in name
    assert not UNSAFE.search(name)
    assert clean_name(name) == name


@pytest.mark.parametrize(
    ("text", "decoded"),
    [
        ("=?utf-8?B?5Lya6K6uLnR4dA==?=", "会议.txt"),
        ("=?utf-8?Q?na=C3=AFve.txt?=", "naïve.txt"),
        ("plain.txt", "plain.txt"),
        ("=?unknown-charset?B?AAAA?=", "=?unknown-charset?B?AAAA?="),
        ("=?utf-8?B?/w==?=", "=?utf-8?B?/w==?="),
    ],
)
def test_encoded_words_are_decoded_or_left_alone(text: str, decoded: str) -> None:
    """.NET sends file names in them, and S3 metadata."""
    assert decoded_words(text) == decoded


def test_disposition_carries_any_name() -> None:
    """An ASCII name for old clients, and the whole one encoded."""
    header = disposition('naïve "a"\r\n.txt', inline=False)

    assert header == (
        "attachment; filename=\"na_ve _a___.txt\"; filename*=UTF-8''na%C3%AFve%20%22a%22%0D%0A.txt"
    )
