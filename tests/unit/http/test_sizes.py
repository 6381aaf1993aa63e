"""Responses that Lambda cannot return: pages end early, and a large object is linked."""

import json
from typing import Any
from urllib.parse import urlsplit

import pytest
from understudy.domain.lists import MAX_PAGE_BYTES
from understudy.domain.messages import text_content
from understudy.domain.run_steps import RunStep
from understudy.domain.runs import RunStatus
from understudy.http.responses import MAX_RESPONSE_BYTES, size_in_event
from understudy.services import Services

from tests.unit.conftest import BUCKET, StandingClock
from tests.unit.http.caller import Api
from tests.unit.stage import ASSISTANT_ID, RUN_ID, TENANT, THREAD_ID, put_run, put_thread

LETTERS = "字" * 250_000
"""750,000 bytes: five fill a page."""

QUOTES = '"' * 250_000
"""A million bytes in a response, where a quote is escaped twice."""


def put_messages(api: Api, text: str) -> str:
    thread = put_thread(api.services, *[text] * 8)
    return f"/v1/threads/{thread.id}/messages"


def put_runs(api: Api, text: str) -> str:
    run = put_run(api.services)
    for number in range(8):
        config = run.config.model_copy(update={"instructions": text})
        changed = {"id": f"run_0000001{number}example", "config": config}
        other = run.model_copy(update=changed)
        api.services.runs.end(run.model_copy(update={"status": RunStatus.COMPLETED}))
        thread = api.services.runs.thread(TENANT, THREAD_ID)
        assert thread is not None
        api.services.runs.create(other, thread, [])
        run = other
    return f"/v1/threads/{THREAD_ID}/runs"


def put_steps(api: Api, text: str) -> str:
    run = put_run(api.services)
    logs = {"id": "ci_1", "type": "code_interpreter", "code_interpreter": {"input": text}}
    for number in range(8):
        step = RunStep(
            id=f"step_{number}",
            tenant=TENANT,
            thread_id=run.thread_id,
            run_id=RUN_ID,
            assistant_id=ASSISTANT_ID,
            type="tool_calls",
            created_at=1,
            hosted_calls=[logs],
        )
        api.services.run_steps.put(step)
    return f"/v1/threads/{THREAD_ID}/runs/{RUN_ID}/steps"


def put_assistants(api: Api, text: str) -> str:
    for _ in range(8):
        api.made("/v1/assistants", {"model": "m", "instructions": text})
    return "/v1/assistants"


LISTS = [put_messages, put_runs, put_steps, put_assistants]


@pytest.mark.parametrize("put", LISTS)
@pytest.mark.parametrize("text", [LETTERS, QUOTES], ids=["letters", "quotes"])
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_large_pages_end_early_and_reach_every_object_once(
    api: Api, put: Any, text: str, order: str
) -> None:
    """Whatever the kind of list, its `last_id` leads to the rest."""
    path = put(api, text)
    seen: list[str] = []

    more, after = True, ""
    while more:
        answered = api.get(path, limit="100", order=order, after=after)
        page = answered.body
        assert size_in_event(answered.text) <= MAX_PAGE_BYTES + 100_000
        assert page["data"]
        assert page["last_id"] == page["data"][-1]["id"]
        seen += [each["id"] for each in page["data"]]
        more, after = page["has_more"], page["last_id"]

    assert len(seen) == len(set(seen)) >= 8


@pytest.mark.parametrize("text", [LETTERS, QUOTES], ids=["letters", "quotes"])
def test_a_large_page_before_a_cursor_keeps_the_objects_next_to_it(api: Api, text: str) -> None:
    """A client that goes backwards continues from `first_id`."""
    path = put_messages(api, text)
    every: list[str] = []
    while len(every) < 8:
        after = every[-1] if every else ""
        listed = api.get(path, limit="2", order="asc", after=after).body["data"]
        every += [each["id"] for each in listed]

    page = api.get(path, limit="100", order="asc", before=every[-1]).body

    ids = [each["id"] for each in page["data"]]
    assert page["has_more"] is True
    assert (page["first_id"], page["last_id"]) == (ids[0], every[-2])
    while page["has_more"]:
        page = api.get(path, limit="100", order="asc", before=ids[0]).body
        ids = [*(each["id"] for each in page["data"]), *ids]
    assert ids == every[:-1]


def test_no_more_objects_are_read_than_fit(
    api: Api, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundred large bodies would not fit into the function's memory."""
    path = put_messages(api, LETTERS)
    read: list[str] = []
    get = services.objects.get
    monkeypatch.setattr(services.objects, "get", lambda key: (read.append(key), get(key))[1])

    shown = api.get(path, limit="100").body["data"]

    assert len(read) <= len(shown) + 1 < 8


@pytest.fixture
def large(api: Api) -> str:
    """Returns the path of a message of 9 MB, which only a model can write."""
    thread = put_thread(api.services, "Hello")
    [message] = api.get(f"/v1/threads/{thread.id}/messages").body["data"]
    stored = api.services.messages.get(TENANT, thread.id, message["id"])
    assert stored is not None
    content = [text_content("x" * 9_000_000)]
    api.services.messages.put(stored.model_copy(update={"content": content}))
    return f"/v1/threads/{thread.id}/messages/{message['id']}"


def linked(services: Services, url: str) -> Any:
    """Returns the object at a link, as S3 would serve it."""
    key = urlsplit(url).path.lstrip("/").removeprefix(f"{BUCKET}/")
    return json.loads(services.objects.get(key))


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_object_too_large_for_a_response_is_linked(
    api: Api, services: Services, large: str, method: str
) -> None:
    """Clients follow the redirect; for those that do not, the error says where the object is."""
    body = {"metadata": {"a": "b"}} if method == "POST" else None

    answered = api.call(method, large, body)

    assert answered.status == 303
    assert answered.error["code"] == "response_too_large"
    url = answered.headers["location"]
    assert url in answered.error["message"]
    message = linked(services, url)
    assert len(message["content"][0]["text"]["value"]) == 9_000_000
    assert message["metadata"] == (body or {}).get("metadata", {})


def test_list_with_a_too_large_object_is_linked(api: Api, services: Services, large: str) -> None:
    """The page has that one object."""
    answered = api.get(large.rpartition("/")[0])

    assert answered.status == 303
    assert len(linked(services, answered.headers["location"])["data"]) == 1


def test_links_are_random_and_below_the_tenant(api: Api, large: str) -> None:
    """A link cannot be guessed and does not serve the object of another request."""
    first, second = (api.get(large).headers["location"] for _ in range(2))

    assert f"/responses/{TENANT}/" in first
    assert urlsplit(first).path != urlsplit(second).path


def test_body_that_could_not_be_returned_is_rejected(api: Api) -> None:
    """Quotes take twice their bytes in a response."""
    text = '"' * 240_000
    content = [{"type": "text", "text": text} for _ in range(8)]
    thread_id = api.made("/v1/threads")["id"]

    answered = api.post(f"/v1/threads/{thread_id}/messages", {"role": "user", "content": content})

    assert answered.status == 413
    assert api.get(f"/v1/threads/{thread_id}/messages").body["data"] == []


def test_the_largest_body_fits_into_a_response(api: Api) -> None:
    """Whatever is accepted can be returned directly."""
    described = [
        {"type": "function", "function": {"name": f"f{n}", "description": "字" * 9_000}}
        for n in range(128)
    ]
    body = {"model": "m", "instructions": QUOTES, "tools": described}

    answered = api.call("POST", "/v1/assistants", raw=json.dumps(body, ensure_ascii=False))

    assert answered.status == 200
    assert 4_000_000 < size_in_event(answered.text) < MAX_RESPONSE_BYTES


def test_small_pages_are_not_cut(api: Api, clock: StandingClock) -> None:
    """A hundred usual objects are one page."""
    for _ in range(100):
        clock.advance(1)
        api.made("/v1/threads", {"metadata": {"a": "b"}})

    page = api.get("/v1/threads", limit="100").body

    assert (len(page["data"]), page["has_more"]) == (100, False)
