"""Calls that wait until a key that may approve approves or refuses them."""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from openai import BadRequestError, ConflictError, NotFoundError, PermissionDeniedError
from openai.types.beta.threads import Run
from understudy.adapters.dynamodb import keys

from tests.own_tools.calling import Caller, call

INVOICE = call("send_invoice", customer="Ada", amount=1200)
SECOND = call("send_invoice", customer="Grace", amount=900)
MEETING = call("book_meeting", person="Grace")
MEETING_TOOL: dict[str, Any] = {
    "type": "function",
    "function": {"name": "book_meeting", "description": "Books a meeting.", "parameters": None},
}


def waiting(caller: Caller, *calls: Any, tools: Any = ()) -> tuple[Run, list[str]]:
    """Returns a waiting run and the ids of its calls that wait for approval."""
    run = caller.start(*calls, tools=tools)
    caller.paths.until(run.id, "AwaitClient")
    shown = caller.now(run)
    assert shown["status"] == "requires_action"
    return run, [each["id"] for each in shown["pending_approvals"]]


def test_approved_call_is_executed_once(caller: Caller) -> None:
    """It does not run before approval, asks the client for nothing, and approving is idempotent."""
    run, [call_id] = waiting(caller, INVOICE)
    shown = caller.now(run)
    assert shown["required_action"]["submit_tool_outputs"]["tool_calls"] == []
    [pending] = shown["pending_approvals"]
    assert pending["function"]["name"] == "send_invoice"
    assert json.loads(pending["function"]["arguments"]) == {"customer": "Ada", "amount": 1200}
    assert caller.times(f"invoice for {call_id}") == 0

    approved = caller.decide(run, call_id, "approve")

    assert (approved["status"], "pending_approvals" in approved) == ("queued", False)
    assert caller.ended(run) == "FetchResponse"
    assert caller.decide(run, call_id, "approve")["status"] == "completed"
    assert caller.times(f"invoice for {call_id}") == 1
    assert caller.output(run) == {"sent_to": "Ada", "by": "local"}
    assert caller.paths.of(run.id).count("ExecuteTool") == 1


def test_model_receives_the_refusal(caller: Caller) -> None:
    """With its reason; the tool is not called, and the refusal is final."""
    run, [call_id] = waiting(caller, INVOICE)

    caller.decide(run, call_id, "refuse", reason="She has paid already.")

    assert caller.ended(run) == "FetchResponse"
    error = caller.output(run)["error"]
    assert error["code"] == "refused"
    assert "She has paid already." in error["message"]
    assert caller.given_to_model() == list(caller.outputs(run).values())
    assert caller.times(f"invoice for {call_id}") == 0
    assert caller.decide(run, call_id, "refuse")["status"] == "completed"
    with pytest.raises(ConflictError, match="already been refused"):
        caller.decide(run, call_id, "approve")
    assert "ExecuteTool" not in caller.paths.of(run.id)


@pytest.mark.parametrize("first", ["client", "approver"])
def test_all_three_kinds_of_calls_in_one_round(caller: Caller, first: str) -> None:
    """The server-side tool runs at once; submitting and approving may come in any order."""
    schema = call("get_table_schema", table="sales")
    run, [call_id] = waiting(caller, schema, INVOICE, MEETING, tools=[MEETING_TOOL])
    [asked] = caller.now(run)["required_action"]["submit_tool_outputs"]["tool_calls"]
    assert asked["function"]["name"] == "book_meeting"
    acts: list[Callable[[], Any]] = [
        lambda: caller.submit(run, asked["id"], "booked"),
        lambda: caller.decide(run, call_id, "approve"),
    ]
    if first == "approver":
        acts.reverse()

    assert acts[0]()["status"] == "requires_action"
    assert acts[1]()["status"] == "queued"

    assert caller.ended(run) == "FetchResponse"
    outputs = list(caller.outputs(run).values())
    assert "region" in outputs[0]
    assert json.loads(outputs[1])["sent_to"] == "Ada"
    assert outputs[2] == "booked"
    assert caller.times(f"invoice for {call_id}") == 1


def test_calls_are_decided_independently(caller: Caller) -> None:
    """An approved call runs while another one still waits."""
    run, [first, second] = waiting(caller, INVOICE, SECOND)

    caller.decide(run, first, "approve")
    caller.paths.until(run.id, "AwaitClient", times=2)
    assert caller.times(f"invoice for {first}") == 1
    assert [each["id"] for each in caller.now(run)["pending_approvals"]] == [second]
    caller.decide(run, second, "refuse")

    assert caller.ended(run) == "FetchResponse"
    outputs = caller.outputs(run)
    assert "sent_to" in outputs[first]
    assert "refused" in outputs[second]
    assert caller.times(f"invoice for {second}") == 0


def test_approved_tool_that_crashes_is_an_error_output(caller: Caller) -> None:
    """An approved call is treated like any other call."""
    run, [call_id] = waiting(caller, call("send_invoice", customer="Ada", amount="much"))

    caller.decide(run, call_id, "approve")

    assert caller.ended(run) == "FetchResponse"
    assert caller.output(run)["error"]["code"] == "invalid_arguments"


def test_only_a_key_that_may_approve_decides(caller: Caller) -> None:
    """403 for a key without the right, 404 for another tenant, 400 if the call does not wait."""
    run, [call_id] = waiting(caller, INVOICE, call("get_table_schema", table="sales"))
    other = next(each for each in caller.stack.table().query(f"toolcalls#local#{run.id}")
                 if each["sk"] != call_id)["sk"]  # fmt: skip

    with caller.as_key("us-may-not") as employee:
        with pytest.raises(PermissionDeniedError):
            employee.decide(run, call_id, "approve")
        with pytest.raises(PermissionDeniedError):
            employee.decide(run, call_id, "refuse")
    stranger = caller.as_key("us-elsewhere", tenant="elsewhere", may_approve=True)
    with stranger, pytest.raises(NotFoundError):
        stranger.decide(run, call_id, "approve")
    with pytest.raises(NotFoundError, match="No tool call found"):
        caller.decide(run, "call_of_nobody", "approve")
    with pytest.raises(BadRequestError, match="does not wait for approval"):
        caller.decide(run, other, "approve")
    assert [each["id"] for each in caller.now(run)["pending_approvals"]] == [call_id]
    assert caller.times(f"invoice for {call_id}") == 0
    caller.client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)
    assert caller.ended(run) == "RunCancelled"


@pytest.mark.parametrize("end", ["RunExpired", "RunCancelled"])
def test_undecided_call_ends_with_its_run(caller: Caller, end: str) -> None:
    """It can no longer be approved."""
    run, [call_id] = waiting(caller, INVOICE)

    if end == "RunCancelled":
        caller.client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)
    else:
        pass_deadline(caller, run)

    assert caller.ended(run) == end
    with pytest.raises(BadRequestError, match="does not wait for approval"):
        caller.decide(run, call_id, "approve")
    assert caller.times(f"invoice for {call_id}") == 0
    message = {"thread_id": run.thread_id, "role": "user", "content": "And then?"}
    assert caller.client.beta.threads.messages.create(**message)


def pass_deadline(caller: Caller, run: Run) -> None:
    """Moves the run's deadline into the past and wakes its execution."""
    item = caller.stack.client("dynamodb").update_item(
        TableName=caller.stack.deployment.outputs["TableName"],
        Key={"pk": {"S": f"thread#local#{run.thread_id}"}, "sk": {"S": f"run#{run.id}"}},
        UpdateExpression="SET deadline = :past",
        ExpressionAttributeValues={":past": {"N": "1"}},
        ReturnValues="ALL_NEW",
    )["Attributes"]
    wait = caller.stack.table().get(keys.wait(item["response_id"]["S"])) or {}
    if "task_token" in wait:
        states = caller.stack.client("stepfunctions")
        with suppress(states.exceptions.TaskTimedOut):  # the wait has just timed out
            states.send_task_success(taskToken=wait["task_token"], output="{}")
