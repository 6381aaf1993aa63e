"""Runs, as the API function creates, shows and changes them."""

from typing import Any

import pytest
from understudy.adapters.dynamodb import keys
from understudy.domain.runs import RunStatus
from understudy.domain.usage import RoundUsage
from understudy.services import Services

from tests.fakes.executions import RecordedExecutions
from tests.unit.http.caller import Api


def end(services: Services, thread_id: str, run_id: str, **fields: Any) -> None:
    """Ends the run."""
    run = services.runs.get("acme", thread_id, run_id)
    assert run is not None
    known = {"status": RunStatus.COMPLETED, "ended_at": int(services.now())}
    services.runs.end(run.model_copy(update=known | fields))


def test_new_run_is_queued_with_all_members(
    api: Api, executions: RecordedExecutions, thread_id: str, assistant_id: str
) -> None:
    """It is stored, and its execution is started under its id."""
    answered = api.post(f"/v1/threads/{thread_id}/runs", {"assistant_id": assistant_id})

    run = answered.body
    assert run["status"] == "queued"
    assert run["expires_at"] == run["created_at"] + 600
    assert run["truncation_strategy"] == {"type": "auto", "last_messages": None}
    assert (run["tool_choice"], run["parallel_tool_calls"]) == ("auto", True)
    nulls = ("required_action", "last_error", "usage", "incomplete_details", "started_at")
    assert [run[name] for name in nulls] == [None] * len(nulls)
    assert executions.started == [run["id"]]
    assert int(answered.headers["openai-poll-after-ms"]) > 0


def test_a_run_overrides_what_its_body_says(api: Api, thread_id: str, assistant_id: str) -> None:
    """Additional instructions are appended; additional messages precede the run."""
    body = {
        "assistant_id": assistant_id,
        "model": "gpt-5",
        "instructions": "Answer in French.",
        "additional_instructions": "The user is Ada.",
        "additional_messages": [{"role": "user", "content": "Hello"}],
        "tools": [],
        "temperature": 0.2,
        "metadata": {"k": "v"},
        "response_format": {"type": "json_object"},
        "truncation_strategy": {"type": "last_messages", "last_messages": 3},
        "max_prompt_tokens": 500,
        "reasoning_effort": "low",
        "parallel_tool_calls": False,
        "tool_choice": "none",
    }

    run = api.made(f"/v1/threads/{thread_id}/runs", body)

    shown = {name: run[name] for name in body if not name.startswith(("additional", "instruc"))}
    assert shown == {name: body[name] for name in shown}
    assert run["instructions"] == "Answer in French.\n\nThe user is Ada."
    [message] = api.get(f"/v1/threads/{thread_id}/messages").body["data"]
    assert (message["content"][0]["text"]["value"], message["run_id"]) == ("Hello", None)


def test_ended_run_has_usage_and_no_expiry(
    api: Api, services: Services, thread_id: str, run_id: str
) -> None:
    """`completed_at` is set, `expires_at` is null, and usage has OpenAI's names."""
    turn = RoundUsage(response_id="r", model="gpt-6-luna", input_tokens=5, output_tokens=2)
    end(services, thread_id, run_id, usage=[turn])

    run = api.get(f"/v1/threads/{thread_id}/runs/{run_id}").body

    assert (run["status"], run["expires_at"]) == ("completed", None)
    assert run["completed_at"] is not None
    assert run["usage"]["prompt_tokens"] == 5
    assert run["usage"]["total_tokens"] == 7


def test_an_active_run_locks_its_thread(api: Api, thread_id: str, run_id: str) -> None:
    """With OpenAI's texts, from which clients parse the run's id."""
    assistant = api.made("/v1/assistants", {"model": "m", "instructions": "Be brief."})["id"]
    path = f"/v1/threads/{thread_id}"

    message = api.post(f"{path}/messages", {"role": "user", "content": "x"})
    second = api.post(f"{path}/runs", {"assistant_id": assistant})

    assert (message.status, second.status) == (400, 400)
    assert message.error == {
        "message": f"Can't add messages to {thread_id} while a run {run_id} is active.",
        "type": "invalid_request_error",
        "param": None,
        "code": None,
    }
    text = f"Thread {thread_id} already has an active run {run_id}."
    assert second.error["message"] == text


def test_metadata_of_an_ended_run_can_be_modified(
    api: Api, services: Services, thread_id: str, run_id: str
) -> None:
    """No other field can change."""
    path = f"/v1/threads/{thread_id}/runs/{run_id}"
    end(services, thread_id, run_id)

    changed = api.made(path, {"metadata": {"rated": "good"}})

    assert (changed["metadata"], changed["status"]) == ({"rated": "good"}, "completed")
    assert api.get(path).body["metadata"] == {"rated": "good"}


def test_cancel_is_idempotent_until_the_run_has_ended(
    api: Api, services: Services, thread_id: str, run_id: str
) -> None:
    """A cancel of an ended run is rejected with its status."""
    path = f"/v1/threads/{thread_id}/runs/{run_id}"

    assert api.made(f"{path}/cancel")["status"] == "cancelling"
    assert api.made(f"{path}/cancel")["status"] == "cancelling"
    end(services, thread_id, run_id, status=RunStatus.CANCELLED)

    refused = api.post(f"{path}/cancel")
    assert refused.status == 400
    assert refused.error["message"] == "Cannot cancel run with status 'cancelled'."


def test_a_run_that_waits_for_no_outputs_rejects_them(
    api: Api, thread_id: str, run_id: str
) -> None:
    """The status is in the text."""
    path = f"/v1/threads/{thread_id}/runs/{run_id}/submit_tool_outputs"

    answered = api.post(path, {"tool_outputs": [{"tool_call_id": "call_1", "output": "x"}]})

    text = 'Runs in status "queued" do not accept tool outputs.'
    assert (answered.status, answered.error["message"]) == (400, text)


@pytest.mark.parametrize("path", ["/v1/threads/runs", "/v1/threads/{}/runs"])
def test_stream_is_rejected_by_the_function_that_cannot_stream(
    api: Api, thread_id: str, assistant_id: str, path: str
) -> None:
    """The error names the parameter, and no run is created."""
    body = {"assistant_id": assistant_id, "stream": True}

    answered = api.post(path.format(thread_id), body)

    assert (answered.status, answered.error["param"]) == (400, "stream")
    assert api.get(f"/v1/threads/{thread_id}/runs").body["data"] == []


def test_a_tool_choice_must_name_a_tool_of_the_run(
    api: Api, thread_id: str, assistant_id: str
) -> None:
    """The provider would fail the run later."""
    choice = {"type": "function", "function": {"name": "nothing"}}
    body = {"assistant_id": assistant_id, "tool_choice": choice}

    for path in (f"/v1/threads/{thread_id}/runs", "/v1/threads/runs"):
        assert api.post(path, body).error["param"] == "tool_choice"


def test_deleting_a_thread_cancels_its_run(
    api: Api, services: Services, thread_id: str, run_id: str
) -> None:
    """Its model and its tools stop."""
    deleted = api.call("DELETE", f"/v1/threads/{thread_id}")

    assert deleted.body == {"id": thread_id, "object": "thread.deleted", "deleted": True}
    run = services.runs.get("acme", thread_id, run_id)
    assert run is not None
    assert run.status is RunStatus.CANCELLING
    assert (services.table.get(keys.wait(run_id)) or {})["wake_pending"]
    assert api.get(f"/v1/threads/{thread_id}").status == 404


def test_messages_of_a_run_are_one_range_query(
    api: Api, services: Services, thread_id: str, assistant_id: str
) -> None:
    """Other messages come before and after them."""
    path = f"/v1/threads/{thread_id}"
    api.made(f"{path}/messages", {"role": "user", "content": "before"})
    run_id = api.made(f"{path}/runs", {"assistant_id": assistant_id})["id"]
    run = services.runs.get("acme", thread_id, run_id)
    assert run is not None
    from understudy.domain.translation import translate

    from functions.fetch_response.complete import complete_run
    from tests.fakes.provider import said

    for step in translate(run, said("Hello!"), now=int(services.now())).steps:
        services.run_steps.put(step)
    complete_run(services.runs, services.run_steps, run, now=services.now())
    api.made(f"{path}/messages", {"role": "user", "content": "after"})

    [message] = api.get(f"{path}/messages", run_id=run_id).body["data"]

    assert (message["run_id"], message["content"][0]["text"]["value"]) == (run_id, "Hello!")
    assert len(api.get(f"{path}/messages").body["data"]) == 3
    assert api.get(f"{path}/messages", run_id="run_unknown").body["data"] == []
    assert len(api.get(f"{path}/messages", run_id="", after="").body["data"]) == 3
    refused = api.get(f"{path}/messages", run_id="r" * 129)
    assert (refused.status, refused.error["param"]) == (400, "run_id")


NO_START = {
    "message": "Run creation requires a Thread with a user message or an assistant with "
    "instructions.",
    "type": "invalid_request_error",
    "param": None,
    "code": "invalid_thread",
}
INSTRUCTED = {"instructions": "Say hello."}
SAID = [{"role": "user", "content": "Hello"}]


@pytest.mark.parametrize(
    ("assistant", "body", "thread", "starts"),
    [
        ({}, {}, {}, False),
        ({"instructions": ""}, {}, {}, False),
        ({}, {}, {"messages": [{"role": "assistant", "content": "Hi"}]}, False),
        (INSTRUCTED, {"instructions": ""}, {}, False),
        (INSTRUCTED, {}, {}, True),
        ({}, INSTRUCTED, {}, True),
        ({}, {}, {"messages": SAID}, True),
    ],
)
@pytest.mark.parametrize("at_once", [True, False])
def test_run_needs_a_user_message_or_instructions(
    api: Api,
    assistant: dict[str, Any],
    body: dict[str, Any],
    thread: dict[str, Any],
    starts: bool,
    at_once: bool,
) -> None:
    """Otherwise the response is OpenAI's error, and nothing is created."""
    made = api.made("/v1/assistants", {"model": "m"} | assistant)["id"]
    sent: dict[str, Any] = {"assistant_id": made} | body
    path = "/v1/threads/runs"
    if at_once:
        sent |= {"thread": thread}
    else:
        path = f"/v1/threads/{api.made('/v1/threads', thread)['id']}/runs"
    before = len(api.get("/v1/threads").body["data"])

    answered = api.post(path, sent)

    assert answered.status == (200 if starts else 400)
    if not starts:
        assert answered.error == NO_START
        assert len(api.get("/v1/threads").body["data"]) == before


@pytest.mark.parametrize("added", [{"additional_messages": SAID}, {"additional_instructions": "x"}])
def test_additional_messages_or_instructions_are_enough(
    api: Api, thread_id: str, added: dict[str, Any]
) -> None:
    assistant = api.made("/v1/assistants", {"model": "m"})["id"]

    api.made(f"/v1/threads/{thread_id}/runs", {"assistant_id": assistant} | added)


def test_unknown_thread_is_a_404_also_without_instructions(api: Api) -> None:
    assistant = api.made("/v1/assistants", {"model": "m"})["id"]

    answered = api.post("/v1/threads/thread_x/runs", {"assistant_id": assistant})

    assert answered.status == 404
    assert answered.error["message"] == "No thread found with id 'thread_x'."


@pytest.mark.parametrize("status", list(RunStatus))
def test_run_in_progress_cannot_be_modified(
    api: Api, services: Services, thread_id: str, run_id: str, status: RunStatus
) -> None:
    """As in OpenAI's API; in every other status it can."""
    run = services.runs.get("acme", thread_id, run_id)
    assert run is not None
    if status.is_final:
        end(services, thread_id, run_id, status=status)
    elif status is not run.status:
        services.runs.move(run, status, among=[run.status])

    answered = api.post(f"/v1/threads/{thread_id}/runs/{run_id}", {"metadata": {"a": "b"}})

    if status is RunStatus.IN_PROGRESS:
        text = "Cannot update run with status 'in_progress'."
        assert (answered.status, answered.error["message"]) == (400, text)
    else:
        assert (answered.status, answered.body["metadata"]) == (200, {"a": "b"})
