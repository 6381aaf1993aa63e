"""Threads: user ids and purposes, and searches."""

import pytest
from understudy.domain.drops import InvalidDropKeyError, parse_drop_key
from understudy.domain.threads import ThreadSearch, check_owner
from understudy.errors import InvalidRequestError

from tests.unit.domain.test_model_input import thread


@pytest.mark.parametrize(
    "value",
    ["ada", "ada@example.com", "auth0|42", "名前", "สวัสดี", "हिन्दी", "e\u0301", "🦆", "a" * 128],
)
def test_owner_may_be_any_text_without_special_characters(value: str) -> None:
    """Other systems name the users. The drop bucket accepts the same."""
    assert check_owner("user_id", value) == value
    assert parse_drop_key(f"drop/acme/{value}/{value}/a.csv").user_id == value


@pytest.mark.parametrize(
    "value",
    [
        "",
        ".",
        "..",
        "a/b",
        "a\\b",
        "a#b",
        "a b",
        "a\n",
        "a\x7f",
        "\u202eabc",
        "a\x00",
        "a\r\nb",
        "a\u200f",
        "a\x85",
        "a" * 129,
    ],
)
def test_owner_that_would_break_a_key_is_rejected(value: str) -> None:
    """It is part of keys in the table and in the bucket, which rejects it too."""
    with pytest.raises(InvalidRequestError) as caught:
        check_owner("user_id", value)

    assert caught.value.param == "user_id"
    with pytest.raises(InvalidDropKeyError):
        parse_drop_key(f"drop/acme/{value}/any/a.csv")


def test_search_requires_all_of_its_pairs() -> None:
    """And the purpose, if there is one."""
    found = thread(user_id="ada", purpose="a", metadata={"x": "1", "y": "2"})

    assert ThreadSearch().matches(found)
    assert ThreadSearch(purpose="a", metadata={"x": "1"}).matches(found)
    assert not ThreadSearch(purpose="b").matches(found)
    assert not ThreadSearch(metadata={"x": "1", "y": "3"}).matches(found)
