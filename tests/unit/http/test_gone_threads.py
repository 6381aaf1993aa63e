"""Nothing below a deleted or expired thread can be read or changed by id."""

from collections.abc import Callable
from typing import Any

import pytest
from understudy.services import Services

from tests.unit.conftest import StandingClock
from tests.unit.http.caller import Api
from tests.unit.stage import TENANT, put_call, put_key

End = Callable[[str], None]
DAY = 86_400


@pytest.fixture(params=["deleted", "expired"])
def end(request: pytest.FixtureRequest, api: Api, clock: StandingClock, services: Services) -> End:
    """Ends a thread without removing its contents, as in the first moments on AWS."""

    def delete(thread_id: str) -> None:
        assert api.call("DELETE", f"/v1/threads/{thread_id}").status == 200

    def expire(thread_id: str) -> None:
        thread = services.threads.get(TENANT, thread_id)
        assert thread is not None
        clock.advance(thread.expires_at - clock())

    return delete if request.param == "deleted" else expire


@pytest.fixture
def paths(api: Api, assistant_id: str, services: Services) -> dict[str, str]:
    """The paths of a thread with a message, and a run that has a step and waits for approval."""
    thread = api.made("/v1/threads", {"messages": [{"role": "user", "content": "Hello"}]})["id"]
    message = api.get(f"/v1/threads/{thread}/messages").body["data"][0]["id"]
    run = api.made(f"/v1/threads/{thread}/runs", {"assistant_id": assistant_id})["id"]
    put_call(services, "call_1", thread_id=thread, run_id=run)
    root = f"/v1/threads/{thread}"
    return {
        "thread": thread,
        "message": f"{root}/messages/{message}",
        "run": f"{root}/runs/{run}",
    }


def requests_below(paths: dict[str, str]) -> list[tuple[str, str, Any]]:
    """Returns every request on an object below the thread."""
    root = f"/v1/threads/{paths['thread']}"
    outputs = {"tool_outputs": [{"tool_call_id": "call_1", "output": "x"}]}
    return [
        ("GET", root, None),
        ("GET", f"{root}/messages", None),
        ("POST", f"{root}/messages", {"role": "user", "content": "Again"}),
        ("GET", paths["message"], None),
        ("POST", paths["message"], {"metadata": {"a": "b"}}),
        ("DELETE", paths["message"], None),
        ("GET", f"{root}/runs", None),
        ("GET", paths["run"], None),
        ("POST", paths["run"], {"metadata": {"a": "b"}}),
        ("POST", f"{paths['run']}/cancel", {}),
        ("POST", f"{paths['run']}/submit_tool_outputs", outputs),
        ("GET", f"{paths['run']}/steps", None),
        ("GET", f"{paths['run']}/steps/step_1", None),
    ]


def test_every_object_below_a_gone_thread_is_not_found(
    api: Api, paths: dict[str, str], end: End
) -> None:
    """At once, although its items are still in the table."""
    for method, path, _ in requests_below(paths):
        if method == "GET" and "step_1" not in path:
            assert api.call(method, path).status == 200, path

    end(paths["thread"])

    for method, path, body in requests_below(paths):
        answered = api.call(method, path, body)
        assert answered.status == 404, (method, path)
        assert answered.error["message"] == f"No thread found with id '{paths['thread']}'."


def test_tool_call_of_a_gone_thread_cannot_be_approved(
    services: Services, paths: dict[str, str], end: End
) -> None:
    """Also not by a key that may approve."""
    put_key(services, "us-approver", may_approve=True)
    approver = Api(services, "us-approver")

    end(paths["thread"])

    for verb in ("approve", "refuse"):
        answered = approver.post(f"{paths['run']}/tool_calls/call_1/{verb}")
        assert answered.status == 404


def test_write_that_races_with_the_end_of_the_thread_changes_nothing(
    services: Services, paths: dict[str, str], end: End
) -> None:
    """The transaction depends on the thread, whatever was read before it."""
    thread_id, message_id = paths["thread"], paths["message"].rpartition("/")[2]
    message = services.messages.get(TENANT, thread_id, message_id)
    assert message is not None

    end(thread_id)

    changed = message.model_copy(update={"metadata": {"late": "yes"}})
    assert not services.messages.change(changed)
    assert not services.messages.delete(TENANT, thread_id, message_id)
    assert [each.metadata for each in services.messages.newest_first(TENANT, thread_id)] == [{}]


def test_message_and_run_are_read_with_one_request_each(
    paths: dict[str, str], services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread is read along with it; a run is read in the same way."""
    thread_id = paths["thread"]
    asked: list[str] = []
    call = services.table._call

    def counted(method: str, **arguments: Any) -> Any:
        asked.append(method)
        return call(method, **arguments)

    monkeypatch.setattr(services.table, "_call", counted)
    assert services.messages.get(TENANT, thread_id, paths["message"].rpartition("/")[2])
    assert services.runs.find(TENANT, thread_id, paths["run"].rpartition("/")[2])

    assert asked == ["batch_get_item"] * 2
