"""The real definition with the real handlers: one test for each path and each final status."""

from contextlib import suppress

import pytest
from openai import OpenAI
from openai.types.beta.threads import Run
from understudy.adapters.dynamodb import keys

from local.provider.control import ControlClient
from local.stack import Stack
from tests.statemachine.paths import Paths
from tests.statemachine.runs import (
    CLIENT,
    MEETING_CALL,
    SCHEMA_CALL,
    SERVER,
    now,
    start,
    thread_is_free,
    without_waiting,
)


def test_plain_run_is_completed(client: OpenAI, stack: Stack, paths: Paths) -> None:
    """Five states: create, wait, check, branch, fetch."""
    del stack
    run = start(client)
    assert run.status == "queued"

    assert without_waiting(paths.of(run.id)) == [
        "CreateRun",
        "Wait",
        "CheckStatus",
        "Branch",
        "FetchResponse",
    ]
    done = now(client, run)
    assert (done.status, done.expires_at) == ("completed", None)
    assert done.usage is not None


def test_server_side_tools_run_in_parallel(
    client: OpenAI, paths: Paths, control: ControlClient
) -> None:
    """The Map executes three calls of one round; the client sees no required action."""
    control.script_answer(calls=[SCHEMA_CALL] * 3)
    run = start(client, tools=SERVER)

    path = paths.of(run.id)

    assert (path.count("ExecuteTools"), path.count("ExecuteEachTool")) == (1, 3)
    assert "ExecuteTool" not in path
    assert "AwaitClient" not in path
    assert now(client, run).status == "completed"


def test_run_waits_for_the_clients_outputs(
    client: OpenAI, paths: Paths, control: ControlClient
) -> None:
    """requires_action, outputs, queued again, completed."""
    control.script_answer(calls=[MEETING_CALL])
    run = start(client, tools=CLIENT)
    paths.until(run.id, "AwaitClient")
    waiting = now(client, run)
    assert waiting.status == "requires_action"
    assert waiting.required_action is not None
    [call] = waiting.required_action.submit_tool_outputs.tool_calls

    submitted = client.beta.threads.runs.submit_tool_outputs(
        run.id,
        thread_id=run.thread_id,
        tool_outputs=[{"tool_call_id": call.id, "output": "booked"}],
    )

    assert (submitted.status, submitted.required_action) == ("queued", None)
    assert paths.of(run.id)[-1] == "FetchResponse"
    [step] = [
        step
        for step in client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id)
        if step.type == "tool_calls"
    ]
    assert step.status == "completed"


def test_outputs_of_both_kinds_are_sent_together(
    client: OpenAI, paths: Paths, control: ControlClient
) -> None:
    """Server-side calls are executed while the client works; one request has all outputs."""
    control.script_answer(calls=[SCHEMA_CALL, MEETING_CALL])
    run = start(client, tools=[*SERVER, *CLIENT])
    paths.until(run.id, "AwaitClient")
    waiting = now(client, run)
    assert waiting.required_action is not None
    [call] = waiting.required_action.submit_tool_outputs.tool_calls
    assert call.function.name == "book_meeting"

    client.beta.threads.runs.submit_tool_outputs(
        run.id,
        thread_id=run.thread_id,
        tool_outputs=[{"tool_call_id": call.id, "output": "booked"}],
    )

    path = paths.of(run.id)
    assert path.count("ExecuteTool") == 1
    assert path[-1] == "FetchResponse"


def test_two_rounds_of_tools(client: OpenAI, paths: Paths, control: ControlClient) -> None:
    """A model that calls tools again gets their outputs too."""
    control.script_answer(calls=[SCHEMA_CALL])
    control.script_answer(calls=[SCHEMA_CALL])
    run = start(client, tools=SERVER)

    path = paths.of(run.id)

    assert path.count("SubmitToolOutputs") == 2
    assert path[-1] == "FetchResponse"


def test_failed_tool_has_an_error_as_output(
    client: OpenAI, paths: Paths, control: ControlClient
) -> None:
    """A query of a forbidden table has an error as its output; the run is completed."""
    call = {"name": "get_table_schema", "arguments": {"table": "users"}}
    control.script_answer(calls=[call])
    run = start(client, tools=SERVER)

    assert paths.of(run.id)[-1] == "FetchResponse"
    steps = client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id)
    [output] = [
        call.function.output
        for step in steps
        if step.step_details.type == "tool_calls"
        for call in step.step_details.tool_calls
        if call.type == "function"
    ]
    assert output is not None
    assert "error" in output


def test_cancel_wakes_execution_and_cancels_response(
    client: OpenAI, paths: Paths, control: ControlClient
) -> None:
    """And frees the thread."""
    control.script_answer(never_ends=True)
    run = start(client)
    paths.until(run.id, "Wait")

    assert client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id).status == "cancelling"

    assert paths.of(run.id)[-3:] == ["CancelRun", "Ended", "RunCancelled"]
    assert now(client, run).status == "cancelled"
    assert control.requests(path="/cancel")
    assert thread_is_free(client, run)


def test_cancel_closes_open_calls(client: OpenAI, paths: Paths, control: ControlClient) -> None:
    """The next run is not affected by them (F029)."""
    control.script_answer(calls=[MEETING_CALL])
    run = start(client, tools=CLIENT)
    paths.until(run.id, "AwaitClient")

    client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)

    assert paths.of(run.id)[-1] == "RunCancelled"
    assert thread_is_free(client, run)
    again = client.beta.threads.runs.create(thread_id=run.thread_id, assistant_id=run.assistant_id)
    assert paths.of(again.id)[-1] in ("FetchResponse", "RunCancelled")


@pytest.mark.parametrize("waiting_for", ["model", "client"])
def test_run_expires_at_its_deadline(
    client: OpenAI, stack: Stack, paths: Paths, waiting_for: str, control: ControlClient
) -> None:
    """In every waiting state; its thread is free afterwards."""
    script = {"never_ends": True} if waiting_for == "model" else {"calls": [MEETING_CALL]}
    control.script_answer(**script)
    run = start(client, tools=CLIENT)
    paths.until(run.id, "Wait" if waiting_for == "model" else "AwaitClient")
    pass_deadline(stack, run)

    path = paths.of(run.id)

    assert path[-1] == "RunExpired"
    assert paths.end_of(run.id) == "ExecutionFailed"
    assert now(client, run).status == "expired"
    assert thread_is_free(client, run)


def pass_deadline(stack: Stack, run: Run) -> None:
    """Moves the run's deadline into the past and wakes its execution."""
    key = {"pk": {"S": f"thread#local#{run.thread_id}"}, "sk": {"S": f"run#{run.id}"}}
    item = stack.client("dynamodb").update_item(
        TableName=stack.deployment.outputs["TableName"],
        Key=key,
        UpdateExpression="SET deadline = :past",
        ExpressionAttributeValues={":past": {"N": "1"}},
        ReturnValues="ALL_NEW",
    )["Attributes"]
    wait = stack.table().get(keys.wait(item.get("response_id", {"S": run.id})["S"])) or {}
    if "task_token" in wait:
        states = stack.client("stepfunctions")
        with suppress(states.exceptions.TaskTimedOut):  # the wait has just timed out
            states.send_task_success(taskToken=wait["task_token"], output="{}")
