"""The hooks inside moto, and the memory that it must release."""

import gc
import importlib.metadata
import threading

import pytest
from moto.dynamodb.models.dynamo_type import Item
from moto.dynamodb.models.table import Table
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.models import StepFunctionsParserBackend
from moto.stepfunctions.parser.utils import TMP_THREADS

from local.aws.local_aws import LocalAws
from local.aws.moto_hooks import MotoVersionError

from .conftest import Orders


def test_other_version_of_moto_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hooks change private parts, which fit one version only."""
    monkeypatch.setattr(importlib.metadata, "version", lambda _: "5.3.0")

    with pytest.raises(MotoVersionError, match=r"fit moto 5\.2\.5, not 5\.3\.0"):
        LocalAws().start()


def test_moto_is_restored_afterwards() -> None:
    """A test can then use moto directly in the same process."""
    before = StepFunctionsParserBackend.start_execution

    with LocalAws():
        assert StepFunctionsParserBackend.start_execution is not before

    assert StepFunctionsParserBackend.start_execution is before


def test_executions_leave_no_threads_or_objects(orders: Orders) -> None:
    """After 150 more executions there are no more threads and hardly more objects."""
    machine = orders.machine(Begin={"Type": "Pass", "End": True})

    def threads_and_objects_after(count: int) -> tuple[int, int]:
        for _ in range(count):
            orders.output_of(machine)
        gc.collect()
        return threading.active_count(), len(gc.get_objects())

    orders.aws.clock.advance(10_000_000)
    warm = threads_and_objects_after(150)
    later = threads_and_objects_after(150)

    assert later[0] <= warm[0] + 2
    assert later[1] - warm[1] < 150 * 60
    assert len(TMP_THREADS) <= 2
    assert sum(isinstance(each, Environment) for each in gc.get_objects()) <= 2


def test_two_hundred_concurrent_executions_end(orders: Orders) -> None:
    """Each waits, calls a function and ends."""
    machine = orders.machine(
        Wait={"Type": "Wait", "Seconds": 20, "Next": "Greet"},
        Greet={
            "Type": "Task",
            "Resource": orders.arn("GreetFunction"),
            "Arguments": {"name": "{% $string($states.input.n) %}"},
            "Output": "{% $states.result.greeting %}",
            "End": True,
        },
    )

    started = [orders.start(machine, n=number) for number in range(200)]
    ended = [orders.end_of(execution)["output"] for execution in started]

    assert ended == [f'"Hello, {number}!"' for number in range(200)]


def test_overwritten_items_are_not_kept(orders: Orders) -> None:
    """Copies of an item are released once they were sent."""
    table = orders.client("dynamodb")
    key = {"pk": {"S": "kept"}, "sk": {"S": "one"}}

    def items_after(count: int) -> int:
        for number in range(count):
            table.put_item(TableName=orders.table, Item={**key, "number": {"N": str(number)}})
            table.query(
                TableName=orders.table,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": key["pk"]},
            )
        gc.collect()
        return sum(isinstance(each, Item) for each in gc.get_objects())

    before = items_after(5)

    assert items_after(50) <= before


def test_query_reads_only_its_partition(orders: Orders, monkeypatch: pytest.MonkeyPatch) -> None:
    """moto itself reads the whole table; an empty partition has no items."""
    table = orders.client("dynamodb")
    for number in range(20):
        item = {"pk": {"S": f"partition-{number % 4}"}, "sk": {"S": str(number)}}
        table.put_item(TableName=orders.table, Item=item)
    read: list[int] = []
    all_items = Table.all_items

    def counted(queried: Table) -> list[Item]:
        found = all_items(queried)
        read.append(len(found))
        return found

    monkeypatch.setattr(Table, "all_items", counted)

    def found_in(partition: str) -> list[str]:
        answer = table.query(
            TableName=orders.table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": partition}},
        )
        return [item["sk"]["S"] for item in answer["Items"]]

    assert found_in("partition-1") == ["1", "13", "17", "5", "9"]
    assert found_in("partition-empty") == []
    assert read == [5, 0]
