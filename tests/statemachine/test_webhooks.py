"""Webhooks of the provider on the real definition: in time, twice, and with an old token."""

from collections.abc import Iterator
from typing import Any

import pytest
from openai import OpenAI
from openai.types.beta.threads import Run
from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.table import Write

from local.provider.control import ControlClient
from local.stack import Stack
from operate.webhook import register
from tests.limits import wait_until
from tests.statemachine.ends import large
from tests.statemachine.paths import Paths
from tests.statemachine.runs import (
    CLIENT,
    MEETING_CALL,
    SCHEMA_CALL,
    SERVER,
    now,
    start,
    without_waiting,
)

CALLERS_OF_PROVIDER = ("CreateRunFunction", "CheckStatusFunction", "SubmitToolOutputsFunction")


@pytest.fixture
def webhooks(stack: Stack) -> Iterator[ControlClient]:
    """Makes the provider deliver webhooks, and runs sleep until one arrives."""
    assert stack.provider is not None
    assert stack.aws.runtime is not None
    account = (stack.provider.base_url, stack.provider.key)
    secret = register(*account, f"{stack.base_url}/webhooks/openai")
    arn = stack.deployment.outputs["WebhookSecretArn"]
    stack.client("secretsmanager").put_secret_value(SecretId=arn, SecretString=secret)
    # ReceiveWebhookFunction starts anew, so that it reads the new secret.
    for function in (*CALLERS_OF_PROVIDER, "ReceiveWebhookFunction"):
        stack.aws.runtime.reconfigure(function, WEBHOOKS_ENABLED="true")
    yield stack.provider.control
    for function in CALLERS_OF_PROVIDER:
        stack.aws.runtime.reconfigure(function, WEBHOOKS_ENABLED="false")


def test_webhook_wakes_a_run_with_large_instructions(
    client: OpenAI, stack: Stack, webhooks: ControlClient, paths: Paths
) -> None:
    """Also if the run's body is in the bucket."""
    webhooks.hold("in_progress")
    run = start(client, instructions=large("instruction"))
    sleeping(stack, run, paths)

    webhooks.release()

    assert paths.of(run.id)[-1] == "FetchResponse"
    operations = [call.operation for call in stack.aws.recorder.calls("ReceiveWebhookFunction")]
    assert "SendTaskSuccess" in operations


def test_repeated_webhooks_change_nothing(
    client: OpenAI, webhooks: ControlClient, paths: Paths
) -> None:
    """The run continues as if each had been delivered once."""
    webhooks.set_deliveries(copies=2)
    webhooks.script_answer(calls=[{"name": "get_table_schema", "arguments": {"table": "sales"}}])

    run = start(client, tools=SERVER)

    assert paths.of(run.id)[-1] == "FetchResponse"
    webhooks.wait_for_deliveries(2)


def test_webhook_with_an_old_token_leaves_a_pending_signal(
    client: OpenAI, stack: Stack, webhooks: ControlClient, paths: Paths
) -> None:
    """The next wait returns at once."""
    webhooks.hold("in_progress")
    run = start(client)
    token = sleeping(stack, run, paths)
    place = keys.wait(wait_id(stack, run))
    old = Write(key=place, assign={"task_token": "old"}, condition="attribute_exists(pk)")
    stack.table().write(old)

    webhooks.release()
    webhooks.wait_for_deliveries(1)

    item = stack.table().get(place)
    assert item is not None
    assert item["wake_pending"] is True
    stack.client("stepfunctions").send_task_success(taskToken=token, output="{}")
    assert paths.of(run.id)[-1] == "FetchResponse"


PLAIN = ["CreateRun", "Wait", "CheckStatus", "Branch", "FetchResponse"]


@pytest.mark.parametrize(
    ("calls", "tools", "states"),
    [
        ([SCHEMA_CALL], SERVER, ["ExecuteTool"]),
        ([SCHEMA_CALL] * 3, SERVER, ["ExecuteTools", *["ExecuteEachTool"] * 3]),
    ],
)
def test_round_of_tools_adds_four_states_and_those_of_a_map(
    client: OpenAI,
    webhooks: ControlClient,
    paths: Paths,
    calls: list[dict[str, Any]],
    tools: list[dict[str, Any]],
    states: list[str],
) -> None:
    """One call: nine states together. A Map adds itself and one state for each of its calls."""
    webhooks.script_answer(calls=calls, working_seconds=0.5)
    webhooks.script_answer(text="Done.", working_seconds=0.5)

    run = start(client, tools=tools)

    path = without_waiting(paths.of(run.id))
    assert path == [*PLAIN[:4], *states, "SubmitToolOutputs", "CheckStatus", *PLAIN[3:]]
    assert len(path) == 9 + len(states) - 1
    assert now(client, run).status == "completed"


def test_cancel_wakes_run_that_waits_for_the_answer_to_its_outputs(
    client: OpenAI, stack: Stack, webhooks: ControlClient, paths: Paths
) -> None:
    """It does not wait for the timeout of SubmitToolOutputs."""
    run = waiting_for_second_response(client, stack, webhooks, paths)

    client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)

    ends = ["SubmitToolOutputs", "CheckStatus", "Branch", "CancelRun", "Ended", "RunCancelled"]
    assert without_waiting(paths.of(run.id))[-6:] == ends
    assert now(client, run).status == "cancelled"


def test_lost_webhook_of_second_response_costs_one_timeout(
    client: OpenAI, stack: Stack, webhooks: ControlClient, paths: Paths
) -> None:
    """SubmitToolOutputs ends its wait after a minute, and the response is found."""
    webhooks.set_deliveries(hold=True)
    run = waiting_for_second_response(client, stack, webhooks, paths)

    webhooks.release()

    path = without_waiting(paths.of(run.id))
    assert path[-4:] == ["SubmitToolOutputs", "CheckStatus", "Branch", "FetchResponse"]
    assert path.count("SubmitToolOutputs") == 1
    assert now(client, run).status == "completed"


def waiting_for_second_response(
    client: OpenAI, stack: Stack, webhooks: ControlClient, paths: Paths
) -> Run:
    """Returns a run with tool outputs that waits for the model's answer to them, which is held."""
    webhooks.script_answer(calls=[MEETING_CALL])
    run = start(client, tools=CLIENT)
    paths.until(run.id, "AwaitClient")
    [call] = now(client, run).required_action.submit_tool_outputs.tool_calls  # type: ignore[union-attr]
    first = wait_id(stack, run)
    webhooks.hold("in_progress")
    client.beta.threads.runs.submit_tool_outputs(
        run.id, thread_id=run.thread_id, tool_outputs=[{"tool_call_id": call.id, "output": "ok"}]
    )
    sleeping(stack, run, paths, state="SubmitToolOutputs", after=first)
    return run


def wait_id(stack: Stack, run: Run) -> str:
    """Returns the id under which the run's execution waits."""
    item = stack.table().get(keys.run("local", run.thread_id, run.id)) or {}
    return str(item.get("response_id", run.id))


def sleeping(stack: Stack, run: Run, paths: Paths, *, state: str = "Wait", after: str = "") -> str:
    """Returns the token of the run's wait in a state, once it is in the table.

    The wait is for another response than `after`.
    """
    paths.until(run.id, state)

    def token() -> str:
        waited_for = wait_id(stack, run)
        item = stack.table().get(keys.wait(waited_for)) or {}
        return str(item.get("task_token", "")) if waited_for != after else ""

    return wait_until(token, "a token of the run")
