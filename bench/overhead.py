"""The work of a run: CPU time, calls, DynamoDB units, transitions, bytes of state."""

from collections.abc import Iterator
from dataclasses import dataclass

from bench.bench_stack import KINDS, BenchStack, Measured
from bench.progress import tell
from bench.report import Section, Table

WARM_UPS = 2
WORKING_SECONDS = 0.3
LONG_SECONDS = 4.5
"""Without webhooks, long enough for three checks more than a short run."""


@dataclass(frozen=True)
class Overhead:
    """Mean figures of one kind of run."""

    kind: str
    mode: str
    measured: Measured

    def per_run(self, figure: float) -> float:
        return figure / self.measured.runs

    @property
    def cpu_ms(self) -> float:
        return self.per_run(self.measured.cpu.of_functions)

    @property
    def transitions(self) -> float:
        return self.per_run(self.measured.counts.transitions)

    @property
    def write_units(self) -> float:
        return self.per_run(self.measured.counts.write_units)

    @property
    def read_units(self) -> float:
        return self.per_run(self.measured.counts.read_units)

    def calls(self, name: str) -> float:
        return self.per_run(self.measured.counts.calls[name])


def measure(stack: BenchStack, mode: str, runs: int) -> list[Overhead]:
    """Measures all kinds of runs on one stack."""
    return [measure_kind(stack, kind, mode, runs) for kind in KINDS]


def measure_kind(
    stack: BenchStack, kind: str, mode: str, runs: int, working: float = WORKING_SECONDS
) -> Overhead:
    """Measures runs of a kind, each in a new thread, after some runs to warm up."""
    tell(f"overhead: {kind}, {mode}, {runs} runs")
    for _ in range(WARM_UPS):
        stack.run(kind, stack.client.new_thread(), working=0.0)
    threads = [stack.client.new_thread() for _ in range(runs)]
    with stack.measuring(runs) as found:
        for thread_id in threads:
            # The client polls once, at the end: its polls are not measured here.
            stack.run(kind, thread_id, working=working, every=working + 0.5)
            stack.drain()
    return Overhead(kind, mode, found[0])


def section(found: list[Overhead]) -> Section:
    section = Section("Work of a run")
    section.text = [
        "From the message to the record of the run, functions warm: CPU of the worker processes "
        "(user and system, from /proc), requests to the provider, DynamoDB units from the sizes of "
        "the items (a transaction's items twice, index entries once), states entered. The client's "
        "own requests (a message, a run, a few polls) are part of it. The model takes "
        f"{WORKING_SECONDS} s a round.",
    ]
    header = (
        "run", "CPU ms", "provider calls", "write units", "read units", "S3 calls",
        "transitions", "history events", "largest state, bytes",
    )  # fmt: skip
    section.tables = [Table(header, [_row(one) for one in found]), *_where(found)]
    with_webhook = {one.kind: one for one in found if one.mode == "webhook"}
    plain, one_tool = with_webhook["plain"], with_webhook["one tool"]
    section.compared = {
        "transitions": plain.transitions,
        "transitions of one server-side call": one_tool.transitions,
        "transitions of three server-side calls": with_webhook["three tools"].transitions,
        "transitions of a call of the client": with_webhook["client tools"].transitions,
        "write units": plain.write_units,
        "read units": plain.read_units,
    }
    section.measured = {
        "provider calls": plain.per_run(plain.measured.provider_calls),
        "transitions": plain.transitions,
        "transitions with a server-side call": one_tool.transitions,
        "write units": plain.write_units,
        "bytes of state": max(one.measured.counts.largest_state for one in found),
    }
    return section


def _row(one: Overhead) -> tuple[str, ...]:
    counts = one.measured.counts
    return (
        f"{one.kind}, {one.mode}",
        f"{one.cpu_ms:.0f}",
        f"{one.per_run(one.measured.provider_calls):.1f}",
        f"{one.write_units:.1f}",
        f"{one.read_units:.1f}",
        f"{one.calls('s3'):.1f}",
        f"{one.transitions:.1f}",
        f"{one.per_run(counts.history_events):.0f}",
        f"{counts.largest_state}",
    )


def _where(found: list[Overhead]) -> Iterator[Table]:
    """Yields a plain run's units by caller, and its CPU time by function."""
    plain = next(one for one in found if one.kind == "plain" and one.mode == "webhook")
    counts = plain.measured.counts
    asked = sorted(counts.written_by, key=lambda name: -counts.written_by[name])
    yield Table(
        ("caller and operation", "write units a run", "read units a run"),
        [
            (
                " ".join(name),
                f"{plain.per_run(counts.written_by[name]):.1f}",
                f"{plain.per_run(counts.read_by[name]):.1f}",
            )
            for name in asked
            if counts.written_by[name] or counts.read_by[name]
        ],
        "DynamoDB units of a plain run with webhook:",
    )
    spent = plain.measured.cpu.functions.most_common()
    yield Table(
        ("function", "CPU ms a run"),
        [(name, f"{plain.per_run(value):.0f}") for name, value in spent if value > 0],
        "CPU of a plain run with webhook, by function:",
    )
