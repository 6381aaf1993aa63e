"""Another tenant's objects look like objects that do not exist."""

import pytest
from understudy.domain.run_steps import RunStep
from understudy.domain.runs import RunStatus
from understudy.domain.tools import CallStatus
from understudy.services import Services

from tests.unit import stage
from tests.unit.http.caller import Api

PATHS = [
    ("GET", "/v1/assistants/{assistant}"),
    ("POST", "/v1/assistants/{assistant}"),
    ("DELETE", "/v1/assistants/{assistant}"),
    ("GET", "/v1/threads/{thread}"),
    ("POST", "/v1/threads/{thread}"),
    ("DELETE", "/v1/threads/{thread}"),
    ("GET", "/v1/threads/{thread}/messages"),
    ("POST", "/v1/threads/{thread}/messages"),
    ("GET", "/v1/threads/{thread}/messages/{message}"),
    ("POST", "/v1/threads/{thread}/messages/{message}"),
    ("DELETE", "/v1/threads/{thread}/messages/{message}"),
    ("GET", "/v1/threads/{thread}/runs"),
    ("GET", "/v1/threads/{thread}/runs/{run}"),
    ("POST", "/v1/threads/{thread}/runs/{run}"),
    ("POST", "/v1/threads/{thread}/runs/{run}/cancel"),
    ("POST", "/v1/threads/{thread}/runs/{run}/submit_tool_outputs"),
    ("GET", "/v1/threads/{thread}/runs/{run}/steps"),
    ("GET", "/v1/threads/{thread}/runs/{run}/steps/step_1"),
]
BODIES = {
    "/messages": {"role": "user", "content": "x"},
    "/submit_tool_outputs": {"tool_outputs": [{"tool_call_id": "c", "output": ""}]},
}


@pytest.fixture
def ids(api: Api) -> dict[str, str]:
    """Returns the id of one object of each kind."""
    assistant = api.made("/v1/assistants", {"model": "m"})["id"]
    first = {"messages": [{"role": "user", "content": "Hello"}]}
    thread = api.made("/v1/threads", first)["id"]
    [message] = api.get(f"/v1/threads/{thread}/messages").body["data"]
    run = api.made(f"/v1/threads/{thread}/runs", {"assistant_id": assistant})["id"]
    return {"assistant": assistant, "thread": thread, "message": message["id"], "run": run}


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_object_of_another_tenant_is_a_404(
    api: Api, stranger: Api, ids: dict[str, str], method: str, path: str
) -> None:
    """With the text for an unknown object."""
    filled = path.format(**ids)
    body = next((each for end, each in BODIES.items() if path.endswith(end)), {})

    answered = stranger.call(method, filled, None if method != "POST" else body)

    assert answered.status == 404
    assert answered.error["message"].startswith("No ")
    assert api.get(f"/v1/threads/{ids['thread']}").status == 200


def test_lists_hold_the_tenants_objects_only(api: Api, stranger: Api, ids: dict[str, str]) -> None:
    """Another tenant's lists are empty."""
    assert stranger.get("/v1/assistants").body["data"] == []
    assert stranger.get("/v1/threads").body["data"] == []


def test_assistant_of_another_tenant_is_not_found(
    api: Api, stranger: Api, ids: dict[str, str]
) -> None:
    """A run needs an assistant of its own tenant."""
    thread = stranger.made("/v1/threads")["id"]

    for path in (f"/v1/threads/{thread}/runs", "/v1/threads/runs"):
        answered = stranger.post(path, {"assistant_id": ids["assistant"]})
        assert answered.status == 404
        text = f"No assistant found with id '{ids['assistant']}'."
        assert answered.error["message"] == text


def test_two_tenants_may_have_the_same_user(api: Api, stranger: Api) -> None:
    """Each gets a thread of its own, and lists only that."""
    path = "/v1/users/ada/threads/support"

    threads = [each.call("PUT", path, {}).body["id"] for each in (api, stranger)]

    assert threads[0] != threads[1]
    for each, thread in zip((api, stranger), threads, strict=True):
        assert each.call("PUT", path, {}).body["id"] == thread
        listed = each.get("/v1/users/ada/threads").body["data"]
        assert [found["id"] for found in listed] == [thread]


def test_step_or_call_of_another_run_is_not_found(api: Api, services: Services) -> None:
    """Also of the same tenant and, for steps, the same thread."""
    run = stage.put_run(services, status=RunStatus.REQUIRES_ACTION)
    stage.put_key(services, "us-approver", may_approve=True)
    call = stage.put_call(services, status=CallStatus.AWAITING_APPROVAL)
    services.run_steps.put(
        RunStep(
            id="step_1",
            tenant=run.tenant,
            thread_id=run.thread_id,
            run_id=run.id,
            assistant_id=run.assistant_id,
            type="message_creation",
            created_at=run.created_at,
            status="completed",
        )
    )
    services.runs.end(run.model_copy(update={"status": RunStatus.FAILED, "ended_at": 1}))
    assistant = api.made("/v1/assistants", {"model": "m", "instructions": "x"})["id"]
    runs = f"/v1/threads/{stage.THREAD_ID}/runs"
    other = api.made(runs, {"assistant_id": assistant})["id"]
    assert api.get(f"{runs}/{run.id}/steps/step_1").status == 200

    assert api.get(f"{runs}/{other}/steps/step_1").status == 404
    approver = Api(services, "us-approver")
    assert approver.post(f"{runs}/{other}/tool_calls/{call.call_id}/approve").status == 404
