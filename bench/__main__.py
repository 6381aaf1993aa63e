"""`python -m bench`: measures, writes docs/benchmarks.md, and fails if a budget is missed."""

import argparse
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import before, cold_start, delay, growth, money, overhead, plots, report, streams, suite
from bench.artifact import ROOT
from bench.bench_stack import bench_stack
from bench.machine import machine
from bench.progress import tell
from bench.report import Section, Verdict


@dataclass(frozen=True)
class Plan:
    """How often each part measures."""

    starts: int
    runs: int
    woken: int
    polled: int
    growth: growth.Scale
    streams: tuple[int, int]
    """Pairs of streams, and streams at the same time."""


FULL = Plan(
    starts=5,
    runs=6,
    woken=40,
    polled=16,
    growth=growth.Scale(
        threads=(10, 1_000, 100_000),
        messages=(1, 10, 100, 1_000),
        at_once=(1, 10, 50, 200),
        runs=10,
    ),
    streams=(20, 50),
)
QUICK = Plan(
    starts=1,
    runs=1,
    woken=1,
    polled=1,
    growth=growth.Scale(threads=(10, 100), messages=(1, 20), at_once=(1, 4), runs=1),
    streams=(2, 4),
)
PARTS = ("cold-start", "runs", "growth", "streams")


def main(arguments: Sequence[str]) -> int:
    chosen = _parser().parse_args(arguments)
    plan = QUICK if chosen.quick else FULL
    described, load = machine(), os.getloadavg()[0]
    sections: list[Section] = []
    broken: list[str] = []
    for part in (*chosen.parts, *(["suite"] if chosen.suite else [])):
        try:
            sections += MEASURES[part](plan)
        except Exception:  # noqa: BLE001  keeps the results of the other parts, which took minutes
            traceback.print_exc()
            broken.append(part)
    sections += before.sections(sections, load)
    plots.draw(sections, chosen.to)
    command = "make bench" if not chosen.quick else "python -m bench --quick"
    path = report.write(report.markdown(described, sections, command), chosen.to)
    tell(f"written: {path}")
    missed = [verdict for verdict in report.verdicts(sections) if not verdict.kept]
    # A quick run measures each time only once, so it can judge counted figures only.
    judged = [verdict for verdict in missed if verdict.budget.counted or not chosen.quick]
    for verdict in missed:
        _complain(verdict, judged=verdict in judged)
    for part in broken:
        tell(f"BROKEN: {part}, its figures are not on the page")
    return 1 if judged or broken else 0


def _complain(verdict: Verdict, *, judged: bool) -> None:
    budget = verdict.budget
    how = "MISSED" if judged else "missed, not judged in a quick run"
    tell(f"{how}: {verdict.name}, {verdict.value:.3g} {budget.unit}, at most {budget.at_most:g}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small counts, under a minute")
    parser.add_argument("--suite", action="store_true", help="also times make test and make demo")
    parser.add_argument("--to", type=Path, default=ROOT / "docs", help="folder to write to")
    parser.add_argument(
        "--parts", nargs="+", choices=PARTS, default=PARTS, help="measure only these parts"
    )
    return parser


def _runs(plan: Plan) -> list[Section]:
    """Measures single runs with and without webhook, on one stack after the other."""
    with bench_stack(webhooks=True) as stack:
        work = overhead.measure(stack, "webhook", plan.runs)
        run, asking, poll, sweep = money.measure_with_webhook(stack, work[0])
        woken = delay.measure_webhook(stack, plan.woken)
    with bench_stack(webhooks=False) as stack:
        work += overhead.measure(stack, "polling", plan.runs)
        checks = money.measure_checks(stack, plan.runs // 3 or 1)
        polled = delay.measure_polling(stack, plan.polled)
    polling, polling_check, fixed, fixed_check = checks
    costs = money.Costs(run, polling, fixed, polling_check, fixed_check, asking, poll, sweep)
    return [overhead.section(work), delay.section(woken, polled), money.section(costs)]


def _growth(plan: Plan) -> list[Section]:
    with bench_stack(webhooks=True) as stack:
        return [growth.measure(stack, plan.growth)]


def _streams(plan: Plan) -> list[Section]:
    with bench_stack(webhooks=True) as stack:
        return [streams.section(streams.measure(stack, *plan.streams))]


MEASURES: dict[str, Callable[[Plan], list[Section]]] = {
    "cold-start": lambda plan: [cold_start.measure(plan.starts)],
    "runs": _runs,
    "growth": _growth,
    "streams": _streams,
    "suite": lambda _: [suite.measure()],
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
