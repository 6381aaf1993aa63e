"""Every line that a function logs has the ids of its tenant, thread, run and request."""

import json
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai import OpenAI
from openai.types.beta.threads import Run
from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.table import Write
from understudy.domain.budgets import Limits
from understudy.domain.receivers import Receiver
from understudy.domain.webhooks import signature
from understudy.services import Services
from understudy.settings import Settings

from local.provider.control import ControlClient
from local.stack import Stack
from tests.e2e.application import Application
from tests.e2e.bucket import Bucket
from tests.e2e.conversations import SCHEMA_TOOL, ended, recorded, start
from tests.limits import WAIT_SECONDS
from tests.unit import stage

TENANT = "traced"
KEY = "us-key-whose-lines-are-read"
CLIENT_TOOL = {"type": "function", "function": {"name": "book_meeting", "parameters": {}}}

RUN = {"tenant", "thread_id", "run_id", "request_id"}
THREAD = {"tenant", "thread_id", "request_id"}
CALLER = {"tenant", "request_id"}
REQUEST = {"request_id"}

WHOSE = {
    "ApiFunction": CALLER,
    "StreamRunFunction": CALLER,
    "FilesFunction": CALLER,
    "ForwardRequestFunction": CALLER,
    "CreateRunFunction": RUN,
    "CheckStatusFunction": RUN,
    "ExecuteToolFunction": RUN,
    "SubmitToolOutputsFunction": RUN,
    "FetchResponseFunction": RUN,
    "AnswerDirectlyFunction": RUN,
    "CancelRunFunction": RUN,
    "RecordRunsFunction": RUN,
    "ReceiveWebhookFunction": RUN,
    "CloseRunFunction": RUN,
    "SweepRunsFunction": RUN,
    "NotifyApplicationFunction": RUN,
    "UploadFileFunction": CALLER,
    "FollowDropFunction": THREAD,
    "ArchiveImagesFunction": RUN,
    "CleanUpThreadFunction": THREAD,
    "SweepFilesFunction": REQUEST,
}
"""The ids that each line of a function has at least."""

SILENT = {"ApiFunction", "FilesFunction", "FollowDropFunction"}
"""Functions that log nothing if nothing fails."""


@pytest.fixture
def caller(stack: Stack) -> Iterator[OpenAI]:
    """The SDK with the key of a tenant that has a budget for each run."""
    with (
        Application() as application,
        OpenAI(base_url=stack.base_url, api_key=KEY, max_retries=0) as client,
    ):
        receiver = Receiver(url=application.url, id="1")
        stack.add_key(KEY, tenant=TENANT, limits=Limits(run_usd=1), receiver=receiver)
        yield client


def lines(stack: Stack, function: str, skip: int) -> list[dict[str, Any]]:
    """Returns the function's new lines and metrics, without those of the runtime."""
    assert stack.aws.runtime is not None
    written = stack.aws.runtime.logs(function)[skip:].splitlines()
    return [json.loads(line) for line in written if line.startswith("{")]


@pytest.mark.timeout(300)
@pytest.mark.usefixtures("fallback")
def test_every_log_line_has_its_tenant_thread_run_and_request(
    stack: Stack, caller: OpenAI, control: ControlClient
) -> None:
    """For every function, also on lines with metrics. A sweep's counts concern many runs."""
    assert stack.aws.runtime is not None
    before = {name: len(stack.aws.runtime.logs(name)) for name in stack.deployment.functions}

    runs = [
        _with_tools(caller, control),
        _by_the_fallback(caller, control),
        _cancelled(caller, control),
        _aborted(stack, caller, control),
        _rung_for(stack, caller, control),
    ]
    for run in runs:
        recorded(stack, run)
    _swept(stack)
    _dropped(stack, caller)
    _over_budget(stack)
    caller.files.create(file=("a.txt", b"text"), purpose="assistants")
    caller.embeddings.create(model="text-embedding-3-small", input="text")
    caller.beta.threads.delete(runs[0].thread_id)
    stack.events.tick("SweepFilesFunctionEveryDay")
    stack.events.drain(WAIT_SECONDS)

    assert stack.deployment.functions.keys() == WHOSE.keys()
    for name, wanted in WHOSE.items():
        found = lines(stack, name, before[name])
        assert found or name in SILENT, f"{name} says nothing"
        for line in found:
            is_of_many = "_aws" in line and name == "SweepRunsFunction"
            is_of_many |= line.get("message") == "batch_done"
            needed = REQUEST if is_of_many else wanted
            assert needed <= line.keys(), f"{name}: {line}"
            assert line.get("tenant") in (TENANT, stage.TENANT, None), f"{name}: {line}"


def _with_tools(client: OpenAI, control: ControlClient) -> Run:
    for name in ("get_table_schema", "book_meeting"):
        control.script_answer(calls=[{"name": name, "arguments": "{}"}])
    run = ended(client, start(client, "Hello", tools=[SCHEMA_TOOL, CLIENT_TOOL]))
    assert run.required_action is not None
    [call] = run.required_action.submit_tool_outputs.tool_calls
    outputs: Any = [{"tool_call_id": call.id, "output": "done"}]
    client.beta.threads.runs.submit_tool_outputs(
        run.id, thread_id=run.thread_id, tool_outputs=outputs
    )
    return ended(client, run)


def _by_the_fallback(client: OpenAI, control: ControlClient) -> Run:
    control.script_fault(status=500, match={"path": "/v1/responses"}, times=None)
    run = ended(client, start(client, "Hello"))
    control.reset()
    return run


def _held(client: OpenAI, control: ControlClient) -> Run:
    control.hold("in_progress")
    run = start(client, "Hello")
    control.wait_for_parked(1, "in_progress", timeout=WAIT_SECONDS)
    return run


def _cancelled(client: OpenAI, control: ControlClient) -> Run:
    run = _held(client, control)
    client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)
    run = ended(client, run)
    control.reset()
    return run


def _aborted(stack: Stack, client: OpenAI, control: ControlClient) -> Run:
    run = _held(client, control)
    _stop(stack, run)
    run = ended(client, run)
    control.reset()
    return run


def _stop(stack: Stack, run: Run) -> None:
    machine = stack.deployment.outputs["StateMachineArn"]
    execution = f"{machine.replace(':stateMachine:', ':execution:')}:{run.id}"
    stack.client("stepfunctions").stop_execution(executionArn=execution)


def _rung_for(stack: Stack, client: OpenAI, control: ControlClient) -> Run:
    """Sends the provider's webhook for a run that waits for its response."""
    run = _held(client, control)
    item = stack.table().get(keys.run(TENANT, run.thread_id, run.id))
    assert item is not None
    owner = {"tenant": TENANT, "thread_id": run.thread_id, "run_id": run.id}
    wait = keys.wait(item["response_id"])
    stack.table().write(Write(key=wait, assign=owner))
    _deliver(stack, item["response_id"])
    control.release()
    run = ended(client, run)
    control.reset()
    return run


def _deliver(stack: Stack, response_id: str) -> None:
    arn = stack.deployment.outputs["WebhookSecretArn"]
    secret = stack.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"]
    body = json.dumps({"type": "response.completed", "data": {"id": response_id}}).encode()
    now = str(int(time.time()))
    headers = {
        "webhook-id": "wh_1",
        "webhook-timestamp": now,
        "webhook-signature": signature("wh_1", now, body, secret),
        "content-type": "application/json",
    }
    request = urllib.request.Request(f"{stack.base_url}/webhooks/openai", body, headers)
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200


def _over_budget(stack: Stack) -> None:
    key = f"{KEY}-without-money"
    stack.add_key(key, tenant=TENANT, limits=Limits(tenant_day_usd=0))
    with (
        OpenAI(base_url=stack.base_url, api_key=key, max_retries=0) as client,
        pytest.raises(openai.RateLimitError),
    ):
        start(client, "Hello")


def _swept(stack: Stack) -> None:
    """Sweeps a run of another tenant that is past its deadline and has no execution."""
    services = Services(Settings())
    services.__dict__["table"] = stack.table()
    stage.put_run(services, deadline=1000, sweep_at=1000)
    stack.events.tick("SweepRunsFunctionEveryMinute")
    stack.events.drain(WAIT_SECONDS)
    assert stage.stored_run(services).status == "expired"
    services.threads.delete(stage.TENANT, stage.THREAD_ID)


def _dropped(stack: Stack, client: OpenAI) -> None:
    """Drops a file that gets a report, and one that is rejected."""
    assistant = client.beta.assistants.create(model="gpt-4o", instructions="Analyse data.")
    wishes = {"assistant-id": assistant.id, "message": "Analyse."}
    bucket = Bucket(stack)
    bucket.put(f"drop/{TENANT}/ada/any/first.csv", **wishes)
    bucket.put(f"drop/{TENANT}/ada/any/first.exe", **wishes)
    bucket.wait_for(f"answers/{TENANT}/ada/any/first.csv/answer.md")
