"""Another tenant's objects look like objects that do not exist."""

import pytest

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
