"""The fallback: chat completions while the Responses API is down."""

import json
from typing import Any

import pytest
from openai import OpenAI

from local.provider.control import ControlClient
from tests.e2e.conversations import SCHEMA_TOOL, answer_of, ended, start

RESPONSES = {"path": "/v1/responses"}
CHAT = "/v1/chat/completions"


def bodies(control: ControlClient, path: str) -> list[Any]:
    """Returns the bodies of the requests on a path."""
    return [json.loads(sent["body"]) for sent in control.requests(method="POST", path=path)]


def outage(control: ControlClient, status: int = 500, **error: str) -> None:
    """Makes every request on responses fail from now on."""
    control.script_fault(status=status, error=error, match=RESPONSES, times=None)


@pytest.mark.usefixtures("fallback")
@pytest.mark.parametrize(
    ("status", "error"),
    [
        (500, {}),
        (503, {}),
        (429, {"code": "insufficient_quota"}),
    ],
)
def test_fallback_answers_by_chat_completions_during_an_outage(
    client: OpenAI, control: ControlClient, status: int, error: dict[str, str]
) -> None:
    """It gets the same history. The run shows the fallback's model."""
    outage(control, status, **error)

    run = ended(client, start(client, "My name is Ada.", "What is my name?"))

    assert run.status == "completed"
    assert run.metadata == {"degraded": "true"}
    assert "Ada" in answer_of(client, run)
    assert run.usage is not None
    assert run.usage.completion_tokens > 0
    [asked] = bodies(control, CHAT)
    assert asked["model"] == "gpt-4o-mini"


@pytest.mark.usefixtures("fallback")
def test_fallback_executes_server_side_tools(client: OpenAI, control: ControlClient) -> None:
    """The call and its output are in the run's steps."""
    outage(control)
    arguments = '{"table_name": "sales"}'
    control.script_answer(
        calls=[{"name": "get_table_schema", "arguments": arguments}], match={"path": CHAT}
    )

    run = ended(client, start(client, "Which columns has sales?", tools=[SCHEMA_TOOL]))

    assert run.status == "completed"
    steps = client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id, order="asc").data
    assert [step.type for step in steps] == ["tool_calls", "message_creation"]
    [call] = steps[0].step_details.tool_calls  # type: ignore[union-attr]
    assert call.function.output  # type: ignore[union-attr]
    assert len(control.requests(path=CHAT)) == 2


@pytest.mark.usefixtures("fallback")
def test_invalid_request_is_not_sent_to_the_fallback(
    client: OpenAI, control: ControlClient
) -> None:
    """The request would be invalid there too."""
    outage(control, 400, code="invalid_value")

    run = ended(client, start(client, "Hello"))

    assert run.status == "failed"
    assert control.requests(path=CHAT) == []


@pytest.mark.usefixtures("fallback")
def test_run_fails_with_the_providers_error_when_the_fallback_is_down(
    client: OpenAI, control: ControlClient
) -> None:
    """The exhausted quota is what an operator must fix, not the fallback."""
    outage(control, 429, code="insufficient_quota")
    control.script_fault(status=500, match={"path": CHAT}, times=None)

    run = ended(client, start(client, "Hello"))

    assert run.status == "failed"
    assert run.last_error is not None
    assert run.last_error.code == "rate_limit_exceeded"
    assert "quota" in run.last_error.message
    assert len(control.requests(path=CHAT)) == 1


def test_disabled_fallback_is_not_called(client: OpenAI, control: ControlClient) -> None:
    """It is disabled by default: no content is sent to a second provider."""
    outage(control)

    run = ended(client, start(client, "Hello"))

    assert run.status == "failed"
    assert control.requests(path=CHAT) == []
