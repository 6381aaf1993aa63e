"""Lists: pages in both directions, and searches."""

from typing import Any

import pytest
from understudy.adapters.dynamodb import keys, thread_search
from understudy.adapters.dynamodb.table import Write
from understudy.services import Services

from tests.unit.conftest import StandingClock
from tests.unit.http.caller import Api


def ids(listed: dict[str, Any]) -> list[str]:
    return [entry["id"] for entry in listed["data"]]


@pytest.fixture
def messages(api: Api, thread_id: str) -> list[str]:
    """Returns the ids of seven messages, oldest first."""
    path = f"/v1/threads/{thread_id}/messages"
    return [api.made(path, {"role": "user", "content": str(n)})["id"] for n in range(7)]


@pytest.fixture
def assistants(api: Api, clock: StandingClock) -> list[str]:
    """Returns the ids of seven assistants, oldest first."""
    made = []
    for number in range(7):
        clock.advance(1)
        made.append(api.made("/v1/assistants", {"model": "m", "name": str(number)})["id"])
    return made


def test_an_empty_list_has_null_ends(api: Api) -> None:
    """As OpenAI's lists had."""
    assert api.get("/v1/assistants").body == {
        "object": "list",
        "data": [],
        "first_id": None,
        "last_id": None,
        "has_more": False,
    }


@pytest.mark.parametrize("kind", ["messages", "assistants"])
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_after_pages_through_the_whole_list(
    api: Api, request: pytest.FixtureRequest, kind: str, order: str
) -> None:
    """`after` continues after an object; after the last object there is an empty page."""
    made: list[str] = request.getfixturevalue(kind)
    path = "/v1/assistants"
    if kind == "messages":
        path = f"/v1/threads/{request.getfixturevalue('thread_id')}/messages"
    seen: list[str] = []

    page = api.get(path, limit="3", order=order).body
    while page["data"]:
        seen += ids(page)
        assert page["has_more"] is (len(seen) < 7)
        assert (page["first_id"], page["last_id"]) == (ids(page)[0], ids(page)[-1])
        page = api.get(path, limit="3", order=order, after=seen[-1]).body

    assert seen == (made if order == "asc" else made[::-1])


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_before_returns_the_adjacent_page(
    api: Api, thread_id: str, messages: list[str], order: str
) -> None:
    """It is the page right before the cursor, in the order of the list, not the first page."""
    path = f"/v1/threads/{thread_id}/messages"
    every = messages if order == "asc" else messages[::-1]

    page = api.get(path, limit="2", order=order, before=every[5]).body

    assert ids(page) == every[3:5]
    assert page["has_more"] is True
    first = api.get(path, limit="5", order=order, before=every[2]).body
    assert ids(first) == every[:2]
    assert first["has_more"] is False


def test_after_and_before_bound_a_page_together(
    api: Api, thread_id: str, messages: list[str]
) -> None:
    """The page starts after `after` and ends before `before` at the latest."""
    path = f"/v1/threads/{thread_id}/messages"

    page = api.get(path, order="asc", limit="2", after=messages[1], before=messages[5]).body

    assert ids(page) == messages[2:4]
    assert page["has_more"] is True


def test_a_list_stays_in_place_while_it_grows(
    api: Api, thread_id: str, messages: list[str]
) -> None:
    """A new message does not move another one to a second page."""
    path = f"/v1/threads/{thread_id}/messages"
    first = ids(api.get(path, limit="3").body)

    api.made(path, {"role": "user", "content": "new"})

    assert ids(api.get(path, limit="3", after=first[-1]).body) == messages[1:4][::-1]


def test_the_cursor_may_be_of_a_deleted_object(
    api: Api, thread_id: str, messages: list[str]
) -> None:
    """Paging continues where the message was."""
    path = f"/v1/threads/{thread_id}/messages"
    api.call("DELETE", f"{path}/{messages[3]}")

    assert ids(api.get(path, order="asc", after=messages[3]).body) == messages[4:]


@pytest.mark.parametrize(
    ("query", "param", "code"),
    [
        ({"limit": "0"}, "limit", "integer_below_min_value"),
        ({"limit": "101"}, "limit", "integer_above_max_value"),
        ({"limit": "ten"}, "limit", "invalid_type"),
        ({"limit": ""}, "limit", "invalid_type"),
        ({"order": "newest"}, "order", "invalid_value"),
        ({"after": "x" * 129}, "after", "string_above_max_length"),
    ],
)
def test_an_invalid_page_is_rejected(
    api: Api, query: dict[str, str], param: str, code: str
) -> None:
    """The error names the parameter."""
    answered = api.get("/v1/assistants", **query)

    assert answered.status == 400
    assert (answered.error["param"], answered.error["code"]) == (param, code)


def test_threads_are_found_by_user_purpose_and_metadata(api: Api, clock: StandingClock) -> None:
    """OpenAI's API could not list threads."""
    for user, purpose, team in [("ada", "a", "x"), ("ada", "b", "y"), ("bob", "a", "x")]:
        clock.advance(1)
        body = {"metadata": {"team": team}}
        assert api.call("PUT", f"/v1/users/{user}/threads/{purpose}", body).status == 200
    plain = api.made("/v1/threads", {"metadata": {"team": "x"}})["id"]

    def owners(path: str, **query: str) -> set[tuple[str | None, str | None]]:
        found = api.get(path, **query).body["data"]
        return {(each.get("user_id"), each.get("purpose")) for each in found}

    assert owners("/v1/threads") == {("ada", "a"), ("ada", "b"), ("bob", "a"), (None, None)}
    assert owners("/v1/threads", user_id="ada") == {("ada", "a"), ("ada", "b")}
    assert owners("/v1/users/ada/threads", purpose="b") == {("ada", "b")}
    assert owners("/v1/threads", purpose="a") == {("ada", "a"), ("bob", "a")}
    assert plain in ids(api.get("/v1/threads", **{"metadata[team]": "x"}).body)
    assert len(api.get("/v1/threads", **{"metadata[team]": "x"}).body["data"]) == 3


def test_an_expired_thread_is_not_listed(api: Api, clock: StandingClock) -> None:
    """DynamoDB deletes it days later; the page is filled with other threads."""
    for _ in range(5):
        clock.advance(1)
        api.made("/v1/threads")
    clock.advance(59 * 24 * 3600)
    old = ids(api.get("/v1/threads", order="asc").body)
    fresh = [api.made("/v1/threads")["id"]]
    clock.advance(2 * 24 * 3600)

    assert len(old) == 5
    assert ids(api.get("/v1/threads", order="asc", limit="2").body) == fresh


def test_a_long_search_returns_a_cursor_to_continue(
    api: Api, clock: StandingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page costs a limited number of reads, however rare the matches are."""
    monkeypatch.setattr(thread_search, "MAX_CHUNKS", 1)
    monkeypatch.setattr(thread_search, "BATCH_GET", 2)
    wanted = api.made("/v1/threads", {"metadata": {"rare": "yes"}})["id"]
    for _ in range(3):
        clock.advance(1)
        api.made("/v1/threads")
    query = {"metadata[rare]": "yes"}

    first = api.get("/v1/threads", **query).body
    second = api.get("/v1/threads", after=first["last_id"], **query).body

    assert (first["data"], first["has_more"]) == ([], True)
    assert ids(second) == [wanted]


def test_a_user_id_that_cannot_be_part_of_a_key_is_rejected(api: Api) -> None:
    """`#` separates the parts of a key."""
    assert api.get("/v1/threads", user_id="a#b").status == 400


@pytest.mark.parametrize("day", ["0", "20260101", "", "2026-13-01"])
def test_a_day_in_another_format_is_rejected(api: Api, day: str) -> None:
    """pydantic would accept a number."""
    assert api.get("/v1/usage", start=day).status == 400


@pytest.fixture
def threads(api: Api, clock: StandingClock) -> list[str]:
    """Returns the ids of seven threads, oldest first."""
    made = []
    for _ in range(7):
        clock.advance(1)
        made.append(api.made("/v1/threads")["id"])
    return made


@pytest.mark.parametrize(
    ("kind", "spoiled"),
    [
        ("messages", {"body": "{"}),
        ("assistants", {"body": "[]"}),
        ("assistants", {"created_at": "soon"}),
        ("threads", {"created_at": "soon"}),
    ],
)
def test_f101_a_list_is_returned_without_an_unreadable_item(
    api: Api, services: Services, request: pytest.FixtureRequest, kind: str, spoiled: dict[str, Any]
) -> None:
    """The other objects are listed, and paging continues after it."""
    made: list[str] = request.getfixturevalue(kind)
    path, place = f"/v1/{kind}", keys.assistant("acme", made[2])
    if kind == "messages":
        thread_id = request.getfixturevalue("thread_id")
        path, place = f"/v1/threads/{thread_id}/messages", keys.message("acme", thread_id, made[2])
    if kind == "threads":
        place = keys.thread("acme", made[2])
    services.table.write(Write(key=place, assign=spoiled))

    first = api.get(path, limit="3", order="asc").body
    rest = api.get(path, limit="4", order="asc", after=made[2]).body

    assert (ids(first)[:2], first["has_more"]) == (made[:2], True)
    assert made[2] not in ids(first)  # a page of threads is filled up with the next one
    assert ids(rest) == made[3:]
