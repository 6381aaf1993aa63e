"""Task tokens: the doorbell of an execution."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import Orders

Tokens = Callable[[], str]


def _rung(orders: Orders, execution: str) -> Any:
    return json.loads(orders.end_of(execution)["output"])["rung"]


def test_a_ring_ends_the_wait_with_its_output(orders: Orders, tokens: Tokens) -> None:
    """What SendTaskSuccess brings is the result of the task."""
    execution = orders.start(customer="Ada")

    orders.client("stepfunctions").send_task_success(taskToken=tokens(), output='{"by": "me"}')

    assert _rung(orders, execution) == {"by": "me"}


def test_a_failure_brings_its_error_and_cause(orders: Orders, tokens: Tokens) -> None:
    """SendTaskFailure is caught by the name it gives."""
    execution = orders.start(customer="Ada")

    orders.client("stepfunctions").send_task_failure(
        taskToken=tokens(), error="Refused", cause="too late"
    )

    assert _rung(orders, execution) == "too late"


def test_nobody_rings(orders: Orders, tokens: Tokens) -> None:
    """The timeout is an expression, and its token is of no use afterwards."""
    execution = orders.start(customer="Ada")
    token = tokens()

    assert _rung(orders, execution) == "nobody"
    with pytest.raises(ClientError, match="TaskTimedOut"):
        orders.client("stepfunctions").send_task_success(taskToken=token, output="1")


def test_a_ring_before_the_token_is_stored_is_not_lost(orders: Orders) -> None:
    """The mark on the item fails the condition, and the machine goes on at once."""
    orders.client("dynamodb").put_item(
        TableName=orders.table,
        Item={"pk": {"S": "ORDER#marked"}, "sk": {"S": "META"}, "rung": {"BOOL": True}},
    )

    execution = orders.start(name="marked", customer="Ada")

    assert _rung(orders, execution) == "before"


def test_a_token_is_good_for_one_ring(orders: Orders, tokens: Tokens) -> None:
    """The second ring is told that the task is over, also while the execution goes on."""
    states = orders.client("stepfunctions")
    execution = orders.start(customer="Ada")
    token = tokens()

    states.send_task_success(taskToken=token, output='"first"')
    with pytest.raises(ClientError, match="TaskTimedOut"):
        states.send_task_success(taskToken=token, output='"second"')
    with pytest.raises(ClientError, match="TaskTimedOut"):
        states.send_task_failure(taskToken=token, error="Late")

    assert _rung(orders, execution) == "first"


def test_a_made_up_token_is_invalid(orders: Orders) -> None:
    """As in AWS that is another error than a token that was good once."""
    with pytest.raises(ClientError, match="InvalidToken"):
        orders.client("stepfunctions").send_task_success(taskToken="made-up", output="1")


def test_a_stopped_execution_lets_go_of_its_token(orders: Orders, tokens: Tokens) -> None:
    """Stopping does not wait for the timeout of the task."""
    states = orders.client("stepfunctions")
    execution = orders.start(customer="Ada")
    token = tokens()

    states.stop_execution(executionArn=execution)

    assert orders.end_of(execution)["status"] == "ABORTED"
    with pytest.raises(ClientError, match="TaskTimedOut"):
        states.send_task_success(taskToken=token, output="1")


def test_every_attempt_has_a_token_of_its_own(orders: Orders, tokens: Tokens) -> None:
    """After a retry the first token is over and the second one rings."""
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
