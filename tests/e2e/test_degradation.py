"""Who answers while the provider is down."""

import json
from typing import Any

import pytest
from openai import OpenAI

from local.provider.control import ControlClient
from tests.e2e.conversations import SCHEMA_TOOL, answer_of, ended, start

RESPONSES = {"path": "/v1/responses"}
CHAT = "/v1/chat/completions"


def bodies(control: ControlClient, path: str) -> list[Any]:
    """The bodies of the requests on a path."""
    return [json.loads(sent["body"]) for sent in control.requests(method="POST", path=path)]


def outage(control: ControlClient, status: int = 500, **error: str) -> None:
    """From now on every request on responses fails."""
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
def test_an_outage_is_answered_by_chat_completions(
    client: OpenAI, control: ControlClient, status: int, error: dict[str, str]
) -> None:
    """From the same history, by the fallback's model, and the run says so."""
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
def test_server_tools_work_without_the_responses_api(
    client: OpenAI, control: ControlClient
) -> None:
    """The tool is executed on our side; its call and its output are in the run's steps."""
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
def test_a_bad_request_is_not_asked_again_elsewhere(client: OpenAI, control: ControlClient) -> None:
    """The provider is well; the request is wrong, and would be wrong there too."""
    outage(control, 400, code="invalid_value")

    run = ended(client, start(client, "Hello"))

    assert run.status == "failed"
    assert control.requests(path=CHAT) == []


@pytest.mark.usefixtures("fallback")
def test_a_run_fails_with_the_first_cause_when_everything_is_down(
    client: OpenAI, control: ControlClient
) -> None:
    """The quota is what the operator has to look at, not that the fallback was down as well."""
    outage(control, 429, code="insufficient_quota")
    control.script_fault(status=500, match={"path": CHAT}, times=None)

    run = ended(client, start(client, "Hello"))

    assert run.status == "failed"
    assert run.last_error is not None
    assert run.last_error.code == "rate_limit_exceeded"
    assert "quota" in run.last_error.message
    assert len(control.requests(path=CHAT)) == 1


def test_without_the_fallback_nobody_else_is_asked(client: OpenAI, control: ControlClient) -> None:
    """It is off unless the operator wants it: contents go to no second provider by default."""
    outage(control)

    run = ended(client, start(client, "Hello"))

    assert run.status == "failed"
    assert control.requests(path=CHAT) == []
