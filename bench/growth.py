"""The figures of a run with more threads, longer threads and more concurrent runs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from moto.dynamodb.models import dynamodb_backends

from bench import loads
from bench.bench_stack import BenchStack
from bench.progress import tell
from bench.report import Section, Table
from bench.units import Image

ACCOUNT, REGION = "123456789012", "us-east-1"
WORKING_SECONDS = 0.5
"""Long enough that every run waits when its webhook arrives, so all take the same path."""

MESSAGE = "What is the state of things, in a sentence or two of about eighty characters?"


@dataclass(frozen=True)
class Scale:
    """The sizes to measure."""

    threads: Sequence[int]
    messages: Sequence[int]
    at_once: Sequence[int]
    runs: int


@dataclass(frozen=True)
class Point:
    """Figures of one run at one size."""

    size: int
    cpu_ms: float
    write_units: float
    read_units: float


def measure(stack: BenchStack, scale: Scale) -> Section:
    """Measures everything on one stack, whose table grows."""
    stack.control.script_answer(text="Here it is.", working_seconds=WORKING_SECONDS, times=None)
    loads.measure(stack, loads.WARM_UPS)
    messages = [_with_messages(stack, number, scale.runs) for number in scale.messages]
    at_once = [loads.measure(stack, number) for number in scale.at_once]
    threads = list(_with_threads(stack, scale))
    return _section(threads, messages, at_once)


def _with_threads(stack: BenchStack, scale: Scale) -> Iterator[Point]:
    """Measures runs while the table also holds unused threads."""
    filled = 0
    for number in scale.threads:
        tell(f"growth: {number:,} threads")
        _fill(stack, filled, number)
        filled = number
        ids = [stack.client.new_thread() for _ in range(scale.runs)]
        yield _point(stack, number, ids)


def _fill(stack: BenchStack, start: int, end: int) -> None:
    """Puts copies of one thread and its message directly into moto's table."""
    thread_id = stack.client.new_thread()
    _message(stack, thread_id)
    table = dynamodb_backends[ACCOUNT][REGION].get_table(
        stack.stack.deployment.outputs["TableName"]
    )
    partition = f"thread#{stack.stack.options.tenant}#{thread_id}"
    items = _items(stack, partition)
    listener, stack.stack.aws.on_stream_record = stack.stack.aws.on_stream_record, _ignore
    try:
        for number in range(start, end):
            new_id = f"thread_{number:032d}"
            for item in items:
                table.put_item({name: _renamed(v, thread_id, new_id) for name, v in item.items()})
    finally:
        stack.stack.aws.on_stream_record = listener


def _ignore(table: str, record: dict[str, Any]) -> None:
    """Ignores the stream records of the copies."""


def _items(stack: BenchStack, partition: str) -> list[Image]:
    found: list[Image] = stack.stack.client("dynamodb").query(
        TableName=stack.stack.deployment.outputs["TableName"],
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": partition}},
    )["Items"]
    return found


def _renamed(value: Any, old: str, new: str) -> dict[str, Any]:
    [(kind, content)] = value.items()
    return {kind: content.replace(old, new) if kind == "S" else content}


def _with_messages(stack: BenchStack, number: int, runs: int) -> Point:
    """Measures runs in threads that already have this number of messages."""
    tell(f"growth: {number:,} messages in a thread")
    ids = [stack.client.new_thread() for _ in range(min(runs, max(1, 2000 // number)))]
    for thread_id in ids:
        for _ in range(number - 1):  # the run's own question is the last
            _message(stack, thread_id)
    return _point(stack, number, ids)


def _message(stack: BenchStack, thread_id: str) -> None:
    body = {"role": "user", "content": MESSAGE}
    stack.client.call("POST", f"/threads/{thread_id}/messages", body)


def _point(stack: BenchStack, size: int, thread_ids: Sequence[str]) -> Point:
    assistant = stack.assistants["plain"]
    with stack.measuring(len(thread_ids)) as found:
        for thread_id in thread_ids:
            run_id = stack.client.ask(thread_id, assistant, MESSAGE)
            # The client polls once, after the end: polls are not measured here.
            stack.meter.await_end(run_id)
            stack.client.until_settled(thread_id, run_id, 1)
    one = found[0]
    return Point(
        size,
        one.cpu.of_functions / one.runs,
        one.counts.write_units / one.runs,
        one.counts.read_units / one.runs,
    )


def _section(threads: list[Point], messages: list[Point], at_once: list[loads.Load]) -> Section:
    section = Section("Growth")
    section.text = [
        "Plain runs with webhook; the model takes half a second. The table also holds unused "
        "threads. A run reads the thread's messages to send them to the model, so read "
        "units and CPU "
        "grow with the history (up to the limit of `truncation_strategy`); write units do not.",
        "Concurrent runs are created by as many clients, at most "
        f"{loads.CLIENTS}. The model completes no response before it has all. Runs a second "
        "include the creation; the seconds are those from the responses to the end of a run. All "
        "processes share the processors with local AWS and the fake provider.",
    ]
    section.tables = [
        _points("threads in the table", threads),
        _points("messages in the thread", messages),
        *loads.tables(at_once),
    ]
    section.measured = {
        "write units with the thread's age": messages[-1].write_units / messages[0].write_units,
        "write units with the number of threads": threads[-1].write_units / threads[0].write_units,
        "CPU with the number of threads": threads[-1].cpu_ms / threads[0].cpu_ms,
    }
    section.series = {"growth": {"threads": threads, "messages": messages, "at once": at_once}}
    return section


def _points(what: str, points: list[Point]) -> Table:
    rows = [
        (
            f"{point.size:,}",
            f"{point.cpu_ms:.0f}",
            f"{point.write_units:.1f}",
            f"{point.read_units:.1f}",
        )
        for point in points
    ]
    return Table((what, "CPU ms a run", "write units a run", "read units a run"), rows)
