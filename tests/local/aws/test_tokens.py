"""Task tokens: callbacks that wake an execution."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import Orders

Tokens = Callable[[], str]


def _woken_by(orders: Orders, execution: str) -> Any:
    return json.loads(orders.end_of(execution)["output"])["woken_by"]


def test_success_ends_wait_with_its_output(orders: Orders, tokens: Tokens) -> None:
    """The output of SendTaskSuccess is the result of the task."""
    execution = orders.start(customer="Ada")

    orders.client("stepfunctions").send_task_success(taskToken=tokens(), output='{"by": "me"}')

    assert _woken_by(orders, execution) == {"by": "me"}


def test_failure_ends_wait_with_error_and_cause(orders: Orders, tokens: Tokens) -> None:
    """The machine can catch the error of SendTaskFailure by its name."""
    execution = orders.start(customer="Ada")

    orders.client("stepfunctions").send_task_failure(
        taskToken=tokens(), error="Refused", cause="too late"
    )

    assert _woken_by(orders, execution) == "too late"


def test_wait_without_callback_times_out(orders: Orders, tokens: Tokens) -> None:
    """The timeout is an expression; the token is invalid afterwards."""
    execution = orders.start(customer="Ada")
    token = tokens()

    assert _woken_by(orders, execution) == "timeout"
    with pytest.raises(ClientError, match="TaskTimedOut"):
        orders.client("stepfunctions").send_task_success(taskToken=token, output="1")


def test_signal_before_token_is_stored_is_not_lost(orders: Orders) -> None:
    """The mark on the item fails the condition of the update, and the machine continues."""
    orders.client("dynamodb").put_item(
        TableName=orders.table,
        Item={"pk": {"S": "ORDER#marked"}, "sk": {"S": "META"}, "woken_by": {"BOOL": True}},
    )

    execution = orders.start(name="marked", customer="Ada")

    assert _woken_by(orders, execution) == "earlier signal"


def test_token_takes_one_callback(orders: Orders, tokens: Tokens) -> None:
    """A second callback gets TaskTimedOut, also while the execution is still running."""
    states = orders.client("stepfunctions")
    execution = orders.start(customer="Ada")
    token = tokens()

    states.send_task_success(taskToken=token, output='"first"')
    with pytest.raises(ClientError, match="TaskTimedOut"):
        states.send_task_success(taskToken=token, output='"second"')
    with pytest.raises(ClientError, match="TaskTimedOut"):
        states.send_task_failure(taskToken=token, error="Late")

    assert _woken_by(orders, execution) == "first"


def test_unknown_token_is_invalid(orders: Orders) -> None:
    """As in AWS, the error differs from that of a used token."""
    with pytest.raises(ClientError, match="InvalidToken"):
        orders.client("stepfunctions").send_task_success(taskToken="unknown", output="1")


def test_stopped_execution_invalidates_its_token(orders: Orders, tokens: Tokens) -> None:
    """It does not wait for the timeout of the task."""
    states = orders.client("stepfunctions")
    execution = orders.start(customer="Ada")
    token = tokens()

    states.stop_execution(executionArn=execution)

    assert orders.end_of(execution)["status"] == "ABORTED"
    with pytest.raises(ClientError, match="TaskTimedOut"):
        states.send_task_success(taskToken=token, output="1")


def test_every_attempt_has_its_own_token(orders: Orders, tokens: Tokens) -> None:
    """After a retry only the second token wakes the task."""
    states = orders.client("stepfunctions")
    wait = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:dynamodb:updateItem.waitForTaskToken",
        "TimeoutSeconds": 1000,
        "Arguments": {
            "TableName": orders.table,
            "Key": {"pk": {"S": "RETRIED"}, "sk": {"S": "META"}},
            "UpdateExpression": "SET task_token = :token",
            "ExpressionAttributeValues": {":token": {"S": "{% $states.context.Task.Token %}"}},
        },
        "Retry": [{"ErrorEquals": ["Again"], "IntervalSeconds": 1}],
        "End": True,
    }
    execution = orders.start(orders.machine(Wait=wait))
    first = tokens()

    states.send_task_failure(taskToken=first, error="Again")
    second = tokens()
    states.send_task_success(taskToken=second, output='"second"')

    assert first != second
    assert json.loads(orders.end_of(execution)["output"]) == "second"
