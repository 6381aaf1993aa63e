"""Webhooks of the provider on the real definition: in time, twice, and with an old token."""

from collections.abc import Iterator

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
from tests.statemachine.runs import SERVER, start

ASKING = ("CreateRunFunction", "CheckStatusFunction", "SubmitToolOutputsFunction")


@pytest.fixture
def ringing(stack: Stack) -> Iterator[ControlClient]:
    """Makes the provider deliver webhooks, and runs sleep until one arrives."""
    assert stack.provider is not None
    assert stack.aws.runtime is not None
    account = (stack.provider.base_url, stack.provider.key)
    secret = register(*account, f"{stack.base_url}/webhooks/openai")
    arn = stack.deployment.outputs["WebhookSecretArn"]
    stack.client("secretsmanager").put_secret_value(SecretId=arn, SecretString=secret)
    for function in (*ASKING, "ReceiveWebhookFunction"):  # the last one: for a fresh secret
        stack.aws.runtime.reconfigure(function, WEBHOOKS_ENABLED="true")
    yield stack.provider.control
    for function in ASKING:
        stack.aws.runtime.reconfigure(function, WEBHOOKS_ENABLED="false")


def test_webhook_wakes_a_run_with_large_instructions(
    client: OpenAI, stack: Stack, ringing: ControlClient, paths: Paths
) -> None:
    """Also if the run's body is in the bucket."""
    ringing.hold("in_progress")
    run = start(client, instructions=large("instruction"))
    sleeping(stack, run, paths)

    ringing.release()

    assert paths.of(run.id)[-1] == "FetchResponse"
    operations = [call.operation for call in stack.aws.recorder.calls("ReceiveWebhookFunction")]
    assert "SendTaskSuccess" in operations


def test_repeated_webhooks_change_nothing(
    client: OpenAI, ringing: ControlClient, paths: Paths
) -> None:
    """The run continues as if each had been delivered once."""
    ringing.set_deliveries(copies=2)
    ringing.script_answer(calls=[{"name": "get_table_schema", "arguments": {"table": "sales"}}])

    run = start(client, tools=SERVER)

    assert paths.of(run.id)[-1] == "FetchResponse"
    ringing.wait_for_deliveries(2)


def test_webhook_with_an_old_token_leaves_a_pending_signal(
    client: OpenAI, stack: Stack, ringing: ControlClient, paths: Paths
) -> None:
    """The next wait returns at once."""
    ringing.hold("in_progress")
    run = start(client)
    token = sleeping(stack, run, paths)
    place = keys.wait(wait_id(stack, run))
    old = Write(key=place, assign={"task_token": "old"}, condition="attribute_exists(pk)")
    stack.table().write(old)

    ringing.release()
    ringing.wait_for_deliveries(1)

    item = stack.table().get(place)
    assert item is not None
    assert item["wake_pending"] is True
    stack.client("stepfunctions").send_task_success(taskToken=token, output="{}")
    assert paths.of(run.id)[-1] == "FetchResponse"


def wait_id(stack: Stack, run: Run) -> str:
    """Returns the id under which the run's execution waits."""
    item = stack.table().get(keys.run("local", run.thread_id, run.id)) or {}
    return str(item.get("response_id", run.id))


def sleeping(stack: Stack, run: Run, paths: Paths) -> str:
    """Returns the token of the run's wait, once it is in the table."""
    paths.until(run.id, "Wait")

    def token() -> str:
        item = stack.table().get(keys.wait(wait_id(stack, run))) or {}
        return str(item.get("task_token", ""))

    return wait_until(token, "a wait of the run")
