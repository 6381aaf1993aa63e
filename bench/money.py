"""What runs cost, from the work that was counted."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

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
from bench.idle_month import idle_month
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
LENGTHS = {"20 s": 20, "10 min": 600}
REPETITIONS = 20
"""Of a poll and of a sweep, whose work is the mean."""


@dataclass(frozen=True)
class Costs:
    """Work of one run without its client that checks its response once, by way of waiting.

    `polling_check` and `fixed_check` are the work of one more check. `asking` is the client's
    message and run, `poll` one poll of the client.
    """

    webhook: Work
    polling: Work
    fixed: Work
    polling_check: Work
    fixed_check: Work
    asking: Work
    poll: Work
    sweep: Work


def measure_with_webhook(stack: BenchStack, plain: Overhead) -> tuple[Work, Work, Work, Work]:
    """Returns the work of a run, of its client's message and run, of one poll, of one sweep."""
    memory = stack.memory_mb()
    poll, sweep = _poll(stack), _sweep(stack)
    one = plain.measured
    polls = one.api_requests / one.runs - 2
    asking = _client_work(one, memory).times(1 / one.runs).minus(poll.times(polls))
    return _run_work(one, memory, webhooks=one.responses), asking, poll, sweep


def measure_checks(stack: BenchStack, runs: int) -> tuple[Work, Work, Work, Work]:
    """Returns the work of a run with one check and of a check more: polling, then fixed poll."""
    definition = machine_definition(stack)
    try:
        polling = _checks(stack, "polling", runs)
        set_machine(stack, fixed_poll(definition))
        fixed = _checks(stack, "fixed poll", runs)
    finally:
        set_machine(stack, definition)
    return (*polling, *fixed)


def _checks(stack: BenchStack, mode: str, runs: int) -> tuple[Work, Work]:
    """Compares runs whose response is complete at once with runs that check it several times."""
    memory = stack.memory_mb()
    short = measure_kind(stack, "plain", mode, runs).measured
    long = measure_kind(stack, "plain", mode, runs, LONG_SECONDS).measured
    few, many = (_run_work(one, memory, webhooks=0) for one in (short, long))
    fewer, more = (one.counts.states["CheckStatus"] / one.runs for one in (short, long))
    check = many.minus(few).times(1 / (more - fewer))
    return few.minus(check.times(fewer - 1)), check


def _run_work(one: Measured, memory: Mapping[str, int], *, webhooks: int) -> Work:
    """Returns the work of one run without the requests of its client."""
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
    """Returns the work of all requests of the client."""
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
    """Returns billed gigabyte-seconds: measured CPU, and an assumed wait for each AWS call."""
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
    with stack.measuring(REPETITIONS) as found:
        for _ in range(REPETITIONS):
            stack.client.call("GET", f"/threads/{thread_id}/runs/{run['id']}")
    return _client_work(found[0], stack.memory_mb()).times(1 / REPETITIONS)


def _sweep(stack: BenchStack) -> Work:
    tell("money: one sweep")
    with stack.measuring(REPETITIONS) as found:
        for _ in range(REPETITIONS):
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
        f"our own state machine with a Wait of {POLL_SECONDS} s in place of the callback. The "
        "column `run` and the budgets leave out the client's requests (a message, a run, polls).",
        front_door(costs.asking + costs.poll),
    ]
    totals: dict[tuple[str, str], float] = {}
    rows = list(_rows(costs, prices, totals))
    section.tables = [
        Table(
            ("run", "checks", "Step Functions", "Lambda", "DynamoDB", "other", "run", "of fixed",
             "client's requests"),
            rows,
        ),
        idle_month(costs.sweep, prices),
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
        ways = {
            "webhook": (costs.webhook, costs.polling_check, webhook_checks(seconds)),
            "polling": (costs.polling, costs.polling_check, polling_checks(seconds)),
            "fixed poll": (costs.fixed, costs.fixed_check, fixed_checks(seconds, POLL_SECONDS)),
        }
        works = {way: run + check.times(n - 1) for way, (run, check, n) in ways.items()}
        fixed = works["fixed poll"].cost(prices)
        for way, work in works.items():
            totals[length, way] = work.cost(prices) * 1000
            yield (
                f"{length}, {way}",
                f"{ways[way][2]}",
                *_thousand(work, prices),
                f"{work.cost(prices) / fixed:.3f}",
                f"{client.cost(prices) * 1000:.3f}",
            )


def _thousand(work: Work, prices: Mapping[str, float]) -> Iterator[str]:
    """Yields the dollars of a thousand by service, and their sum."""
    by = {name: usd * 1000 for name, usd in work.dollars(prices).items()}
    services = (
        ("transition",),
        ("lambda_request", "lambda_gb_second"),
        ("write_unit", "read_unit"),
    )
    named = [sum(by.pop(name, 0) for name in names) for names in services]
    for usd in (*named, sum(by.values()), work.cost(prices) * 1000):
        yield f"{usd:.3f}"
