"""Concurrent runs: their rate, their durations, and the processes that use the CPU."""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import median

from bench.bench_stack import BenchStack, Measured
from bench.figures import percentile
from bench.progress import tell
from bench.report import Table

WARM_UPS = 8
"""Concurrent runs that make the stack start all its execution environments."""

CLIENTS = 16
"""More clients would only wait for each other on two cores."""

TIMEOUT_SECONDS = 300
"""Seconds after which a run that has not ended is an error."""

POLL_SECONDS = 0.05
QUESTION = "What is the state of things?"


@dataclass(frozen=True)
class Load:
    """The rate of concurrent runs, and the seconds from the responses to their ends."""

    at_once: int
    per_second: float
    median_seconds: float
    p99_seconds: float
    measured: Measured


def measure(stack: BenchStack, number: int) -> Load:
    """Creates all runs, then completes their responses, and measures until all have ended."""
    tell(f"growth: {number} runs at once")
    threads = [stack.client.new_thread() for _ in range(number)]
    stack.control.hold("in_progress")
    with stack.measuring(number) as found:
        created = time.monotonic()
        runs = _create(stack, threads)
        _until_worked_on(stack, number)
        creating = time.monotonic() - created
        released = time.monotonic()
        stack.control.release()
        ends = [stack.meter.await_end(run_id, TIMEOUT_SECONDS) for run_id in runs]
    took = [end - released for end in ends]
    return Load(
        number,
        number / (creating + max(took)),
        median(took),
        percentile(took, 0.99),
        found[0],
    )


def tables(loads: Sequence[Load]) -> list[Table]:
    """Returns a table of all loads, and the profile of the one with the highest rate."""
    columns = ("runs at once", "runs a second", "median s", "p99 s", "CPU of the functions, ms")
    return [
        Table(columns, [_row(load) for load in loads]),
        _profile(max(loads, key=lambda load: load.per_second)),
    ]


def _create(stack: BenchStack, threads: Sequence[str]) -> list[str]:
    """Creates runs on these threads by several clients; returns their ids."""
    own = threading.local()

    def ask(thread_id: str) -> str:
        if not hasattr(own, "client"):
            own.client = stack.new_client()
        run_id: str = own.client.ask(thread_id, stack.assistants["plain"], QUESTION)
        return run_id

    with ThreadPoolExecutor(min(len(threads), CLIENTS)) as pool:
        return list(pool.map(ask, threads))


def _until_worked_on(stack: BenchStack, number: int) -> None:
    """Waits until the model works on this number of responses. Raises TimeoutError."""
    over, pause = time.monotonic() + TIMEOUT_SECONDS, threading.Event()
    while len(stack.control.counters()["unfinished"]) < number:
        if time.monotonic() > over:
            raise TimeoutError(f"fewer than {number} runs reached the model")
        pause.wait(POLL_SECONDS)


def _row(load: Load) -> tuple[str, ...]:
    cpu = load.measured.cpu.of_functions / load.measured.runs
    return (
        f"{load.at_once}",
        f"{load.per_second:.1f}",
        f"{load.median_seconds:.2f}",
        f"{load.p99_seconds:.2f}",
        f"{cpu:.0f}",
    )


def _profile(load: Load) -> Table:
    """Returns the CPU time by process."""
    cpu = load.measured.cpu
    parts = {
        "local AWS, fake provider, HTTP front, clients (one process)": cpu.here,
        **dict(cpu.functions),
    }
    whole = sum(parts.values())
    rows = [
        (name, f"{spent / load.measured.runs:.0f}", f"{spent / whole:.0%}")
        for name, spent in sorted(parts.items(), key=lambda part: -part[1])
        if spent > 0
    ]
    title = f"Where the CPU time goes with {load.at_once} runs at once:"
    return Table(("process", "CPU ms a run", "of all"), rows, title)
