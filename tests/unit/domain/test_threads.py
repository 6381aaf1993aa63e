"""Threads: owners that may be part of keys, and searches."""

import pytest
from understudy.domain.threads import ThreadSearch, check_owner
from understudy.errors import InvalidRequestError

from tests.unit.domain.test_model_input import thread


@pytest.mark.parametrize("value", ["ada", "ada@example.com", "auth0|42", "名前", "a" * 128])
def test_an_owner_may_be_any_plain_text(value: str) -> None:
    """Users are named by other systems."""
    assert check_owner("user_id", value) == value


@pytest.mark.parametrize(
    "value", ["", ".", "..", "a/b", "a\\b", "a#b", "a b", "a\n", "a\x7f", "\u202eabc", "a" * 129]
)
def test_an_owner_that_would_break_a_key_is_refused(value: str) -> None:
    """It is part of keys in the table and in the bucket."""
    with pytest.raises(InvalidRequestError) as caught:
        check_owner("user_id", value)

    assert caught.value.param == "user_id"


def test_a_search_wants_all_of_its_pairs() -> None:
    """And the purpose, where one is given."""
    found = thread(user_id="ada", purpose="a", metadata={"x": "1", "y": "2"})

    assert ThreadSearch().matches(found)
    assert ThreadSearch(purpose="a", metadata={"x": "1"}).matches(found)
    assert not ThreadSearch(purpose="b").matches(found)
    assert not ThreadSearch(metadata={"x": "1", "y": "3"}).matches(found)
