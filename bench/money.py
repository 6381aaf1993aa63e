"""What runs and an idle month cost, from the work that was counted."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from bench.artifact import ROOT
from bench.bench_stack import BenchStack, Measured
from bench.costs import (
    Work,
    client_polls,
    fixed_checks,
    front_door,
    gb_seconds,
    polling_checks,
    read_prices,
    webhook_checks,
)
from bench.delay import machine_definition, set_machine
from bench.fixed_poll import POLL_SECONDS, fixed_poll
from bench.overhead import LONG_SECONDS, Overhead, measure_kind
from bench.progress import tell
from bench.report import Section, Table

APIS = ("ApiFunction", "StreamRunFunction")
PROVIDER_SECONDS = 0.3
"""Assumed wait for the provider to answer one request; the fake one answers at once."""
AWS_CALL_SECONDS = 0.005
"""Assumed wait for one call of DynamoDB or another service within the region."""
PLATFORM_LOG_BYTES = 350
"""START, END and REPORT lines of one invocation."""
MONTH_MINUTES = 30 * 24 * 60
LENGTHS = {"20 s": 20, "10 min": 600}
LOOKS = 20


@dataclass(frozen=True)
class Costs:
    """Work of one run without its client, by way, for one look; and of each look more."""

    webhook: Work
    polling: Work
    fixed: Work
    polling_look: Work
    fixed_look: Work
    asking: Work
    """The client's message and run."""
    poll: Work
    """One poll of the client."""
    sweep: Work


def measure_with_webhook(stack: BenchStack, plain: Overhead) -> tuple[Work, Work, Work, Work]:
    """A run, its client's asking, one poll of the client, one sweep."""
    memory = stack.memory_mb()
    poll, sweep = _poll(stack), _sweep(stack)
    one = plain.measured
    polls = one.api_requests / one.runs - 2
    asking = _client_work(one, memory).times(1 / one.runs).minus(poll.times(polls))
    return _run_work(one, memory, webhooks=one.responses), asking, poll, sweep


def measure_looks(stack: BenchStack, runs: int) -> tuple[Work, Work, Work, Work]:
    """Returns the work of a run with one check and of one more, for our poll and the fixed one."""
    ours = machine_definition(stack)
    try:
        polling = _looks(stack, "our polling", runs)
        set_machine(stack, fixed_poll(ours))
        fixed = _looks(stack, "fixed poll", runs)
    finally:
        set_machine(stack, ours)
    return (*polling, *fixed)


def _looks(stack: BenchStack, ringing: str, runs: int) -> tuple[Work, Work]:
    memory = stack.memory_mb()
    short = measure_kind(stack, "plain", ringing, runs).measured
    long = measure_kind(stack, "plain", ringing, runs, LONG_SECONDS).measured
    few, many = (_run_work(one, memory, webhooks=0) for one in (short, long))
    fewer, more = (one.counts.states["CheckStatus"] / one.runs for one in (short, long))
    look = many.minus(few).times(1 / (more - fewer))
    return few.minus(look.times(fewer - 1)), look


def _run_work(one: Measured, memory: Mapping[str, int], *, webhooks: int) -> Work:
    """Of one run, without what its client asked for."""
    counts = one.counts
    steps = {f"{state}Function": number for state, number in counts.states.items()}
    invocations = {name: number for name, number in steps.items() if name in memory}
    invocations["RecordRunsFunction"] = counts.calls["events PutEvents"]  # one for each batch
    waits = _seconds(one, memory, [name for name in memory if name not in APIS])
    waits += gb_seconds(0, PROVIDER_SECONDS * one.provider_calls, memory["CheckStatusFunction"])
    work = Work(
        transition=counts.transitions,
        lambda_request=sum(invocations.values()) + webhooks,
        lambda_gb_second=waits,
        write_unit=sum(units for (who, _), units in counts.written_by.items() if who not in APIS),
        read_unit=sum(units for (who, _), units in counts.read_by.items() if who not in APIS),
        s3_put=counts.calls["s3 PutObject"],
        s3_get=counts.calls["s3 GetObject"],
        api_request=webhooks,
        event=counts.states["FetchResponse"],  # each run that is completed here has one
    )
    logs = one.log_bytes + PLATFORM_LOG_BYTES * work.lambda_request
    return replace(work, log_gb=logs / 1e9).times(1 / one.runs)


def _client_work(one: Measured, memory: Mapping[str, int]) -> Work:
    """Of all requests that the client made."""
    counts = one.counts
    return Work(
        lambda_request=one.api_requests,
        lambda_gb_second=_seconds(one, memory, APIS),
        write_unit=sum(units for (who, _), units in counts.written_by.items() if who in APIS),
        read_unit=sum(units for (who, _), units in counts.read_by.items() if who in APIS),
        api_request=one.api_requests,
        log_gb=PLATFORM_LOG_BYTES * one.api_requests / 1e9,
    )


def _seconds(one: Measured, memory: Mapping[str, int], functions: Iterable[str]) -> float:
    """Billed gigabyte-seconds: measured CPU, and an assumed wait for each AWS call."""
    return sum(
        gb_seconds(
            one.cpu.functions[name] / 1000,
            one.counts.calls_by[name] * AWS_CALL_SECONDS,
            memory[name],
        )
        for name in functions
    )


def _poll(stack: BenchStack) -> Work:
    tell("money: one poll of a client")
    thread_id = stack.client.new_thread()
    run, _ = stack.run("plain", thread_id, working=0.0)
    with stack.measuring(LOOKS) as found:
        for _ in range(LOOKS):
            stack.client.call("GET", f"/threads/{thread_id}/runs/{run['id']}")
    return _client_work(found[0], stack.memory_mb()).times(1 / LOOKS)


def _sweep(stack: BenchStack) -> Work:
    tell("money: one sweep")
    with stack.measuring(LOOKS) as found:
        for _ in range(LOOKS):
            stack.stack.aws.invoke("SweepRunsFunction", b"{}")
    work = _run_work(found[0], stack.memory_mb(), webhooks=0)
    invoked = replace(work, lambda_request=1.0, schedule=1.0)
    return replace(invoked, log_gb=work.log_gb + PLATFORM_LOG_BYTES / 1e9)


def section(costs: Costs) -> Section:
    date, prices = read_prices()
    section = Section("Money")
    section.text = [
        f"Dollars for a thousand plain runs, by the list prices of {date} for us-east-1 "
        "([bench/aws_prices.json](../bench/aws_prices.json)), without the free tier and without "
        "what the model costs. Work is what was counted above; how often a run checks its response "
        f"follows from the code. Assumed: {PROVIDER_SECONDS} s for a request to the provider, "
        f"{AWS_CALL_SECONDS * 1000:.0f} ms for one to another service, this machine's CPU in place "
        "of Lambda's (a function with less than 1,769 MB gets its share of one). The fixed poll is "
        f"our own state machine with a Wait of {POLL_SECONDS} s in place of the callback. Budgets "
        "look at the run without the client's requests (a message, a run, polls).",
        front_door(costs.asking + costs.poll),
    ]
    totals: dict[tuple[str, str], float] = {}
    rows = list(_rows(costs, prices, totals))
    section.tables = [
        Table(
            ("run", "looks", "Step Functions", "Lambda", "DynamoDB", "other", "run", "of fixed",
             "client's requests"),
            rows,
        ),
        _idle_month(costs.sweep, prices),
    ]  # fmt: skip
    for length in LENGTHS:
        ratio = totals[length, "webhook"] / totals[length, "fixed poll"]
        section.measured[f"cost of a run of {length}"] = ratio
        section.compared[f"dollars per 1,000 runs of {length}"] = totals[length, "webhook"]
    section.series = {"money": {f"{way}, {length}": usd for (length, way), usd in totals.items()}}
    return section


def _rows(
    costs: Costs, prices: Mapping[str, float], totals: dict[tuple[str, str], float]
) -> Iterator[tuple[str, ...]]:
    for length, seconds in LENGTHS.items():
        client = costs.asking + costs.poll.times(client_polls(seconds))
        looks = {
            "webhook": (costs.webhook, costs.polling_look, webhook_checks(seconds)),
            "our polling": (costs.polling, costs.polling_look, polling_checks(seconds)),
            "fixed poll": (costs.fixed, costs.fixed_look, fixed_checks(seconds, POLL_SECONDS)),
        }
        works = {way: run + look.times(n - 1) for way, (run, look, n) in looks.items()}
        fixed = works["fixed poll"].cost(prices)
        for way, work in works.items():
            totals[length, way] = work.cost(prices) * 1000
            yield (
                f"{length}, {way}",
                f"{looks[way][2]}",
                *_thousand(work, prices),
                f"{work.cost(prices) / fixed:.3f}",
                f"{client.cost(prices) * 1000:.3f}",
            )


def _thousand(work: Work, prices: Mapping[str, float]) -> Iterator[str]:
    """Dollars of a thousand: by service, then all."""
    by = {name: usd * 1000 for name, usd in work.dollars(prices).items()}
    services = (
        ("transition",),
        ("lambda_request", "lambda_gb_second"),
        ("write_unit", "read_unit"),
    )
    named = [sum(by.pop(name, 0) for name in names) for names in services]
    for usd in (*named, sum(by.values()), work.cost(prices) * 1000):
        yield f"{usd:.3f}"


def _idle_month(sweep: Work, prices: Mapping[str, float]) -> Table:
    """Returns the work of a month without requests."""
    resources = yaml_parse((ROOT / "template.yaml").read_text())["Resources"].values()
    kept = Work(
        alarm_metric_month=sum(_metrics(r) for r in resources if r["Type"].endswith("::Alarm")),
        dashboard_month=sum(r["Type"].endswith("::Dashboard") for r in resources),
        secret_month=sum(_is_secret(r) for r in resources),
    )
    month = kept + sweep.times(MONTH_MINUTES)
    rows = [
        (name.replace("_", " "), f"{getattr(month, name):,.2f}", f"{usd:.2f}")
        for name, usd in month.dollars(prices).items()
    ]
    rows.append(("all", "", f"{month.cost(prices):.2f}"))
    return Table(
        ("unit", "number", "dollars"),
        rows,
        "An idle month of 30 days, before the free tier (which covers most of it: 10 alarm "
        "metrics, 3 dashboards, 14 million schedules, 1 million Lambda requests, 5 GB of logs):",
    )


def _metrics(alarm: Mapping[str, Any]) -> int:
    return sum("MetricStat" in one for one in alarm["Properties"].get("Metrics", [])) or 1


def _is_secret(resource: Mapping[str, Any]) -> bool:
    return resource["Type"].endswith("::Secret") and "Condition" not in resource
