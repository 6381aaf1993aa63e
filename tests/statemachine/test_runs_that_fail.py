"""The real definition with the real functions: runs that the model or the provider ends."""

from openai import OpenAI

from local.provider.control import ControlClient
from local.stack import Stack
from tests.limits import WAIT_SECONDS
from tests.statemachine.paths import Paths
from tests.statemachine.runs import now, start, thread_is_free


def test_failed_response_fails_the_run(
    client: OpenAI, paths: Paths, control: ControlClient
) -> None:
    """The run's last_error has one of OpenAI's three codes."""
    error = {"code": "invalid_prompt", "message": "The prompt was refused."}
    control.script_answer(status="failed", error=error)
    run = start(client)

    assert paths.of(run.id)[-1] == "RunFailed"
    failed = now(client, run)
    assert failed.status == "failed"
    assert failed.last_error is not None
    assert failed.last_error.code == "invalid_prompt"
    assert thread_is_free(client, run)


def test_rejected_request_fails_the_run_at_once(
    client: OpenAI, paths: Paths, control: ControlClient
) -> None:
    """A 400 is not retried and does not go to chat completions (F055)."""
    error = {"message": "Nothing of this can be read.", "type": "invalid_request_error"}
    control.script_fault(status=400, error=error, match={"path": "/responses"})
    run = start(client)

    path = paths.of(run.id)

    assert path == ["CreateRun", "CancelRun", "Ended", "RunFailed"]
    assert now(client, run).status == "failed"


def test_unavailable_provider_leads_to_the_fallback(
    client: OpenAI, paths: Paths, control: ControlClient
) -> None:
    """After the retries; without a fallback, AnswerDirectly fails the run."""
    control.script_fault(status=503, match={"path": "/responses"}, times=None)
    run = start(client)

    path = paths.of(run.id)

    assert "AnswerDirectly" in path
    assert path[-1] == "RunFailed"
    assert now(client, run).status == "failed"
    assert thread_is_free(client, run)


def test_passing_503_costs_one_retry(client: OpenAI, paths: Paths, control: ControlClient) -> None:
    """The run is completed."""
    control.script_fault(status=503, match={"path": "/responses"})
    run = start(client)

    assert paths.of(run.id)[-1] == "FetchResponse"


def test_retry_after_is_waited_for_between_states(
    client: OpenAI, paths: Paths, control: ControlClient
) -> None:
    """A 429 with Retry-After makes the execution sleep and create the response again."""
    control.script_fault(status=429, headers={"retry-after": "9"}, match={"path": "/responses"})
    run = start(client)

    path = paths.of(run.id)

    assert path[:5] == ["CreateRun", "Wait", "CheckStatus", "Branch", "CreateRun"]
    assert path[-1] == "FetchResponse"


def test_truncated_response_ends_incomplete(
    client: OpenAI, paths: Paths, control: ControlClient
) -> None:
    """The text so far is kept."""
    control.script_answer(text="It was a", status="incomplete", reason="max_output_tokens")
    run = start(client)

    assert paths.of(run.id)[-1] == "FetchResponse"
    done = now(client, run)
    assert done.status == "incomplete"
    assert done.incomplete_details is not None
    assert done.incomplete_details.reason == "max_completion_tokens"


def test_prompt_above_its_limit_is_not_sent(
    client: OpenAI, paths: Paths, control: ControlClient
) -> None:
    """Understudy enforces max_prompt_tokens, because the provider does not."""
    run = start(client, "word " * 2000, max_prompt_tokens=256)

    assert paths.of(run.id)[-1] == "FetchResponse"
    done = now(client, run)
    assert done.incomplete_details is not None
    assert done.incomplete_details.reason == "max_prompt_tokens"
    assert control.requests(path="/v1/responses", method="POST") == []


def test_aborted_execution_closes_its_run(
    client: OpenAI, stack: Stack, paths: Paths, control: ControlClient
) -> None:
    """No Catch runs for an aborted execution; its status event does (F037)."""
    control.script_answer(never_ends=True)
    run = start(client)
    paths.until(run.id, "Wait")
    arn = stack.deployment.outputs["StateMachineArn"].replace(":stateMachine:", ":execution:")

    stack.client("stepfunctions").stop_execution(executionArn=f"{arn}:{run.id}")

    assert paths.end_of(run.id) == "ExecutionAborted"
    stack.events.buses.wait_for("Step Functions Execution Status Change", WAIT_SECONDS, count=2)
    stack.events.drain(WAIT_SECONDS)
    assert now(client, run).status == "failed"
    assert thread_is_free(client, run)
