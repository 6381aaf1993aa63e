"""Planned faults, and the recording of calls."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.aws.faults import Fault, Mode

from .conftest import Orders


@pytest.fixture(autouse=True)
def _clean(orders: Orders) -> Iterator[None]:
    orders.aws.recorder.clear()
    orders.aws.faults.clear()
    yield
    orders.aws.faults.clear()


def _plan(orders: Orders, mode: Mode, **more: Any) -> None:
    orders.aws.faults.plan(
        Fault("dynamodb", "UpdateItem", 1, mode, function="CountFunction", **more)
    )


def _counted(orders: Orders, key: str) -> int:
    item = orders.client("dynamodb").get_item(
        TableName=orders.table, Key={"pk": {"S": key}, "sk": {"S": "COUNT"}}
    )
    return int(item.get("Item", {}).get("counted", {"N": "0"})["N"])


@pytest.mark.parametrize(
    ("mode", "error", "effects"),
    [
        (Mode.CRASH_BEFORE, "Runtime.ExitError", 0),
        (Mode.CRASH_AFTER, "Runtime.ExitError", 1),
        (Mode.ERROR, "InternalServerError", 0),
        (Mode.LOST_RESPONSE, "ConnectionClosedError", 1),
        (Mode.THROTTLE, "ProvisionedThroughputExceededException", 0),
    ],
)
def test_fault_comes_before_or_after_effect(
    orders: Orders, mode: Mode, error: str, effects: int
) -> None:
    """The function gets the error, and the table shows whether the call took effect."""
    _plan(orders, mode)

    answer = orders.run("CountFunction", key=mode)

    assert answer["errorType"] == error
    assert _counted(orders, mode) == effects
    [(fault, call)] = orders.aws.faults.fired
    assert (fault.mode, call.caller.name) == (mode, "CountFunction")


def test_slow_response_comes_late(orders: Orders) -> None:
    """The call takes effect, and the function waits for the delay."""
    _plan(orders, Mode.SLOW, seconds=0.3)

    started = time.monotonic()
    outcome = orders.aws.invoke("CountFunction", b'{"key": "slow"}')

    assert (outcome.payload, outcome.error) == (b"1", None)
    assert time.monotonic() - started > 0.3


def test_fault_affects_nth_call_and_given_number(orders: Orders) -> None:
    """The second and the third call of five are throttled."""
    orders.aws.faults.plan(Fault("dynamodb", "UpdateItem", 2, Mode.THROTTLE, times=2))

    answers = [orders.run("CountFunction", key="five") for _ in range(5)]

    assert [isinstance(answer, dict) for answer in answers] == [False, True, True, False, False]
    assert _counted(orders, "five") == 3


def test_fault_of_one_caller_does_not_affect_others(orders: Orders) -> None:
    """A call from outside neither hits nor counts towards a fault of a function."""
    _plan(orders, Mode.ERROR)

    orders.client("dynamodb").update_item(
        TableName=orders.table,
        Key={"pk": {"S": "outside"}, "sk": {"S": "COUNT"}},
        UpdateExpression="SET seen = :yes",
        ExpressionAttributeValues={":yes": {"BOOL": True}},
    )

    assert orders.aws.faults.fired == []


def test_error_has_planned_code(orders: Orders) -> None:
    """Also in the XML of S3."""
    orders.aws.faults.plan(
        Fault("s3", "PutObject", 1, Mode.ERROR, error="AccessDenied", status=403)
    )
    bucket = orders.deployment.physical_ids["Bucket"]

    with pytest.raises(ClientError, match="AccessDenied") as refused:
        orders.client("s3").put_object(Bucket=bucket, Key="a/b.txt", Body=b"x")

    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_every_call_is_recorded_with_its_caller(orders: Orders) -> None:
    """Functions, service integrations and other callers are distinguished."""
    orders.run("CountFunction", key="recorded")
    orders.client("s3").put_object(
        Bucket=orders.deployment.physical_ids["Bucket"], Key="drop/a.csv", Body=b"1"
    )

    [update] = orders.aws.recorder.calls("CountFunction")
    assert (update.service, update.operation) == ("dynamodb", "UpdateItem")
    assert (update.resource, update.leading_keys) == (orders.table, ("recorded",))
    outside = [call for call in orders.aws.recorder.calls() if call.caller.name == "outside"]
    assert [(call.operation, call.resource.partition("/")[2]) for call in outside] == [
        ("PutObject", "drop/a.csv")
    ]


def test_service_integration_is_recorded_as_caller(orders: Orders) -> None:
    """The waiting state's update is a call of Step Functions, with the key of the order."""
    execution = orders.start(name="watched", customer="Ada")
    orders.end_of(execution)

    [update] = [
        call for call in orders.aws.recorder.calls("states") if call.operation == "UpdateItem"
    ]
    assert update.leading_keys == ("ORDER#watched",)


def test_keys_of_transactions_batches_and_queries_are_recorded(orders: Orders) -> None:
    """The check of leading keys needs all of them."""
    table, dynamodb = orders.table, orders.client("dynamodb")

    def key(name: str) -> dict[str, Any]:
        return {"pk": {"S": name}, "sk": {"S": "x"}}

    dynamodb.transact_write_items(
        TransactItems=[
            {"Put": {"TableName": table, "Item": key("one")}},
            {"Delete": {"TableName": table, "Key": key("two")}},
        ]
    )
    dynamodb.batch_get_item(RequestItems={table: {"Keys": [key("three")]}})
    dynamodb.query(
        TableName=table,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": "four"}},
    )

    recorded = [(call.resource, call.leading_keys) for call in orders.aws.recorder.calls()]
    assert recorded == [(table, ("one", "two")), (table, ("three",)), (table, ("four",))]


def test_listeners_get_calls_that_took_effect(orders: Orders) -> None:
    """They do not get a call that failed before."""
    reported: list[tuple[str, int]] = []
    orders.aws.listen(lambda call, answer: reported.append((call.operation, answer.status)))
    _plan(orders, Mode.ERROR)

    orders.run("CountFunction", key="reported")
    orders.run("CountFunction", key="reported")

    assert [each for each in reported if each[0] == "UpdateItem"] == [("UpdateItem", 200)]
