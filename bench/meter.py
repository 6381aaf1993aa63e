"""Counts the calls of local AWS and the events of its state machine."""

import json
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.units import Image, Index, item_size, read_units, write_units
from local.aws.calls import OUTSIDE, Call
from local.aws.local_aws import LocalAws
from local.aws.recorder import Answer
from local.aws.states.history import HistoryEvent
from local.stack import Stack

WRITES = {"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"}
READS = {"GetItem", "Query", "BatchGetItem", "Scan"}
ENDS = {"ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut"}


@dataclass
class Counts:
    """The counts. Callers are names of functions, or "states" for the state machine."""

    write_units: float = 0
    read_units: float = 0
    transitions: int = 0
    largest_state: int = 0
    """Bytes of the largest input or output of a state."""
    history_events: int = 0
    calls: Counter[str] = field(default_factory=Counter)
    """AWS calls by service."""
    calls_by: Counter[str] = field(default_factory=Counter)
    """AWS calls by caller."""
    written_by: dict[tuple[str, str], float] = field(default_factory=lambda: defaultdict(float))
    """Write units by caller and operation."""
    read_by: dict[tuple[str, str], float] = field(default_factory=lambda: defaultdict(float))
    states: Counter[str] = field(default_factory=Counter)


class Meter:
    """Counts during the whole life of a stack."""

    def __init__(self, stack: Stack) -> None:
        self._lock = threading.Condition()
        self._ended: dict[str, float] = {}
        self._images: dict[str, int] = {}
        self._written = threading.local()
        self._indexes = _indexes(stack.deployment.resources)
        self._counts = Counts()
        self._follow_writes(stack.aws)
        stack.aws.listen(self._on_call)
        history = stack.aws.on_history

        def on_history(event: HistoryEvent) -> None:
            history(event)
            self._on_history(event)

        stack.aws.on_history = on_history

    def take(self) -> Counts:
        """Returns the counts since the last call, and starts from zero."""
        with self._lock:
            taken, self._counts = self._counts, Counts()
            return taken

    def await_end(self, execution: str, seconds: float = 60) -> float:
        """Waits until an execution has ended and is counted; returns the monotonic time of it.

        Raises TimeoutError.
        """
        with self._lock:
            if not self._lock.wait_for(lambda: execution in self._ended, seconds):
                raise TimeoutError(f"execution {execution} has not ended")
            return self._ended[execution]

    def _follow_writes(self, aws: LocalAws) -> None:
        """Collects stream records, which come on the writing call's thread before its response."""
        listener = aws.on_stream_record

        def on_record(table: str, record: dict[str, Any]) -> None:
            self._records().append(record["dynamodb"])
            listener(table, record)

        aws.on_stream_record = on_record

    def _records(self) -> list[dict[str, Any]]:
        records: list[dict[str, Any]] = self._written.__dict__.setdefault("records", [])
        return records

    def _on_call(self, call: Call, answer: Answer) -> None:
        if call.caller.name == OUTSIDE:
            self._records().clear()
            return
        written = _by_item(self._records())
        self._records().clear()
        writing, reading = 0.0, 0.0
        if call.service == "dynamodb" and call.operation in WRITES:
            writing = self._write_units(call, written)
        if call.service == "dynamodb" and call.operation in READS and answer.status == 200:
            reading = self._read_units(call, json.loads(answer.body))
        with self._lock:
            counts = self._counts
            counts.calls[call.service] += 1
            counts.calls[f"{call.service} {call.operation}"] += 1
            counts.calls_by[call.caller.name] += 1
            counts.write_units += writing
            counts.read_units += reading
            counts.written_by[call.caller.name, call.operation] += writing
            counts.read_by[call.caller.name, call.operation] += reading

    def _write_units(self, call: Call, written: list[dict[str, Any]]) -> float:
        """Returns the units of a call. A rejected or unchanged write costs too."""
        transaction = call.operation == "TransactWriteItems"
        units = 0
        for record in written:
            before, after = record.get("OldImage"), record.get("NewImage")
            units += write_units(before, after, self._indexes, transaction=transaction)
            with self._lock:
                self._images[_name(record["Keys"])] = item_size(after or before or {})
        wanted = _operations(call)
        unseen = wanted[len(written) :] if len(written) < len(wanted) else []
        for operation in unseen:
            units += self._untouched(operation) * (2 if transaction else 1)
        return units

    def _untouched(self, operation: Mapping[str, Any]) -> int:
        size = self._images.get(_name(operation.get("Key") or operation.get("Item") or {}), 0)
        return max(1, -(-size // 1024))

    def _read_units(self, call: Call, answer: Mapping[str, Any]) -> float:
        asked = json.loads(call.body)
        if call.operation == "BatchGetItem":
            items = [item for found in answer["Responses"].values() for item in found]
            keys = sum(len(table["Keys"]) for table in asked["RequestItems"].values())
            missing = max(0, keys - len(items))
            consistent = all(t.get("ConsistentRead") for t in asked["RequestItems"].values())
            return sum(
                read_units(size, consistent=consistent)
                for size in [*map(item_size, items), *[0] * missing]
            )
        if "Item" in answer or call.operation == "GetItem":
            bytes_read = item_size(answer.get("Item", {}))
        else:
            bytes_read = sum(map(item_size, answer["Items"]))
        return read_units(bytes_read, consistent=bool(asked.get("ConsistentRead")))

    def _on_history(self, event: HistoryEvent) -> None:
        sizes = [len(str(event.details.get(name) or "")) for name in ("input", "output")]
        entered = event.type.endswith("StateEntered")
        with self._lock:
            counts = self._counts
            counts.history_events += 1
            counts.transitions += entered
            counts.largest_state = max(counts.largest_state, *sizes)
            if entered and event.state:
                counts.states[event.state] += 1
            if event.type in ENDS:
                self._ended[event.execution] = time.monotonic()
                self._lock.notify_all()


def _by_item(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Merges the records of an item: moto sends two for an update that creates it."""
    merged: dict[str, dict[str, Any]] = {}
    for record in records:
        first = merged.setdefault(_name(record["Keys"]), record)
        known = {"OldImage": first.get("OldImage"), "NewImage": record.get("NewImage")}
        merged[_name(record["Keys"])] = {**record, **known}
    return list(merged.values())


def _operations(call: Call) -> list[Mapping[str, Any]]:
    asked = json.loads(call.body)
    if "TransactItems" in asked:
        return [operation for item in asked["TransactItems"] for operation in item.values()]
    if "RequestItems" in asked:
        return [
            operation
            for table in asked["RequestItems"].values()
            for item in table
            for operation in item.values()
        ]
    return [asked]


def _name(key: Image) -> str:
    return "/".join(str(next(iter(key[name].values()))) for name in ("pk", "sk") if name in key)


def _indexes(resources: Mapping[str, Any]) -> list[Index]:
    properties = resources["Table"]["Properties"]
    return [
        Index(index["IndexName"], tuple(key["AttributeName"] for key in index["KeySchema"]))
        for index in properties.get("GlobalSecondaryIndexes", [])
    ]
