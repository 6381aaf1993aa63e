"""What happens while the provider is down, and that it ends by itself when the provider is back."""

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from openai import OpenAI
from openai.types.beta.threads import Run

from local.provider.control.client import ControlClient
from local.stack import Stack
from tests.e2e.conversations import SCHEMA_TOOL, answer_of, ended, start

FUNCTION = "AnswerDirectlyFunction"
RESPONSES = {"path": "/v1/responses"}
CHAT = "/v1/chat/completions"

FAILED = "understudy.run.failed"
SECONDS_PER_RUN = 3

MAX_CREATES = 4
"""Tries of one run at a provider that answers 500: the first and three retries."""

MAX_CALLS = MAX_CREATES + 1
"""With the one chat completion; nothing was created, so there is nothing to cancel."""


@pytest.fixture
def control(stack: Stack) -> ControlClient:
    assert stack.provider is not None
    return stack.provider.control


@pytest.fixture
def fallback(stack: Stack) -> Iterator[None]:
    """The fallback is switched on, as a deploy with FallbackEnabled=true does it."""
    assert stack.aws.runtime is not None
    stack.aws.runtime.reconfigure(FUNCTION, FALLBACK_ENABLED="true", FALLBACK_MODEL="gpt-4o-mini")
    yield
    stack.aws.runtime.reconfigure(FUNCTION, FALLBACK_ENABLED="false", FALLBACK_MODEL="")


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


@pytest.mark.usefixtures("fallback")
@pytest.mark.parametrize(
    "runs", [30, pytest.param(200, marks=[pytest.mark.load, pytest.mark.timeout(900)])]
)
def test_calls_to_a_provider_that_is_down_are_bounded(
    stack: Stack, client: OpenAI, control: ControlClient, runs: int
) -> None:
    """Many runs in an outage end, each after a handful of calls; the next run is a normal one."""
    control.script_fault(status=503, match={"path": "/v1/"}, times=None)
    assistant = client.beta.assistants.create(model="gpt-6-luna")

    before = len(stack.events.seen(FAILED))

    def begin(number: int) -> Run:
        thread = client.beta.threads.create(messages=[{"role": "user", "content": str(number)}])
        return client.beta.threads.runs.create(thread.id, assistant_id=assistant.id)

    with ThreadPoolExecutor(8) as pool:
        begun = list(pool.map(begin, range(runs)))
    stack.events.buses.wait_for(FAILED, timeout=SECONDS_PER_RUN * runs, count=before + runs)
    done = [client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id) for run in begun]

    assert {run.status for run in done} == {"failed"}
    creates = Counter(request["metadata"]["run_id"] for request in bodies(control, "/v1/responses"))
    assert set(creates) == {run.id for run in done}
    assert max(creates.values()) <= MAX_CREATES
    assert len(control.requests(path="/v1/")) <= runs * MAX_CALLS

    control.reset()
    again = ended(client, start(client, "Hello"))
    assert again.status == "completed"
    assert again.metadata == {}
