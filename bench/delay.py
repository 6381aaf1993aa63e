"""The delay from the provider's response to the client's poll that sees it."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from statistics import median

from bench.api_client import ApiClient
from bench.bench_stack import POLL_SECONDS, BenchStack
from bench.figures import percentile
from bench.fixed_poll import fixed_poll
from bench.progress import tell
from bench.report import Section, Table

WEBHOOK = "webhook"
WEBHOOK_SDK = "webhook, client obeys openai-poll-after-ms"
POLLING = "polling with back-off"
FIXED = "state machine, fixed two-second poll"
LOOP = "loop that polls the provider every second"

SHORTEST_SECONDS = 1.0
GOLDEN = 0.6180339887498949
"""Its multiples modulo 1 spread evenly, so all phases of a poll occur about equally often."""

Delays = dict[str, list[float]]
Watch = Callable[[], float]
"""Makes a run, waits until its message is seen, and returns the Unix time of that."""


def measure_webhook(stack: BenchStack, rounds: int) -> Delays:
    """Measures runs with webhook, and the polling loop in turns with them."""
    return _rounds(
        stack,
        rounds,
        {
            WEBHOOK: lambda: _see_run(stack, POLL_SECONDS),
            WEBHOOK_SDK: lambda: _see_run(stack, None),
            LOOP: lambda: _see_by_loop(stack),
        },
    )


def measure_polling(stack: BenchStack, rounds: int) -> Delays:
    """Measures runs with backing-off polls and with a fixed poll, and the polling loop."""
    definition = machine_definition(stack)

    def with_machine(chosen: str) -> float:
        set_machine(stack, chosen)
        return _see_run(stack, POLL_SECONDS)

    try:
        return _rounds(
            stack,
            rounds,
            {
                POLLING: lambda: with_machine(definition),
                FIXED: lambda: with_machine(fixed_poll(definition)),
                LOOP: lambda: _see_by_loop(stack),
            },
        )
    finally:
        set_machine(stack, definition)


def _rounds(stack: BenchStack, rounds: int, watches: dict[str, Watch]) -> Delays:
    found: Delays = defaultdict(list)
    for watch in watches.values():  # starts the execution environments
        _delay(stack, 0, watch)
    for number in range(rounds):
        tell(f"delay: {' / '.join(watches)}: round {number + 1} of {rounds}")
        working = SHORTEST_SECONDS + (number * GOLDEN) % 1
        for name, watch in watches.items():
            found[name].append(_delay(stack, working, watch))
    return found


def _delay(stack: BenchStack, working: float, watch: Watch) -> float:
    """Returns the seconds from the response, complete after `working` seconds, to its sighting."""
    stack.control.hold("in_progress")
    with ThreadPoolExecutor(1) as pool:
        seen: Future[float] = pool.submit(watch)
        stack.control.wait_for_parked(1, "in_progress", timeout=30)
        threading.Event().wait(working)
        answered = time.time()
        stack.control.release("in_progress")
        return seen.result() - answered


def _see_run(stack: BenchStack, every: float | None) -> float:
    with closing(stack.new_client()) as client:
        _, seen = stack.run("plain", client.new_thread(), client=client, every=every)
    return seen


def _see_by_loop(stack: BenchStack) -> float:
    """Polls the provider once a second until the response is complete."""
    provider = stack.stack.provider
    assert provider is not None
    pause = threading.Event()
    with closing(ApiClient(provider.base_url, provider.key)) as client:
        asked = {"model": "gpt-6-luna", "input": "Hello.", "background": True, "store": True}
        response = client.call("POST", "/responses", asked)
        while response["status"] != "completed":
            pause.wait(1)
            response = client.call("GET", f"/responses/{response['id']}")
        return time.time()


def machine_definition(stack: BenchStack) -> str:
    """Returns the definition with which executions start."""
    found = stack.stack.client("stepfunctions").describe_state_machine(
        stateMachineArn=_machine(stack)
    )
    return str(found["definition"])


def set_machine(stack: BenchStack, definition: str) -> None:
    """Makes executions that start from now on use this definition."""
    stack.stack.client("stepfunctions").update_state_machine(
        stateMachineArn=_machine(stack), definition=definition
    )


def _machine(stack: BenchStack) -> str:
    return stack.stack.deployment.physical_ids["RunLifecycleStateMachine"]


def section(with_webhook: Delays, without: Delays) -> Section:
    rows = [
        _row(name, delays, measured[LOOP])
        for measured in (with_webhook, without)
        for name, delays in measured.items()
    ]
    section = Section("Delay")
    section.text = [
        "Seconds from the moment the provider has the response to the moment a client's poll sees "
        f"the run completed (the client polls every {POLL_SECONDS * 1000:.0f} ms, unless the row "
        "says otherwise); for the polling loop, to the moment it sees the response. Responses "
        "are complete 1 to 2 s after the run was created, evenly spread. Rows above and below the "
        "first polling loop were measured in two stacks, with and without webhook, in turns with "
        "their loop. All times are those of the local stack, where moto interprets the state "
        "machine on the same processors as everything else.",
    ]
    header = ("way", "runs", "median s", "p90 s", "p99 s", "median of loop", "p99 of loop")
    section.tables = [Table(header, rows)]
    delays, loop = with_webhook[WEBHOOK], with_webhook[LOOP]
    section.measured = {
        "delay at the median": median(delays) / median(loop),
        "delay at p99": percentile(delays, 0.99) / percentile(loop, 0.99),
    }
    section.series = {"delay": {**without, **with_webhook}}
    section.compared = dict(section.measured)
    return section


def _row(name: str, delays: Sequence[float], loop: Sequence[float]) -> tuple[str, ...]:
    return (
        name,
        f"{len(delays)}",
        f"{median(delays):.2f}",
        f"{percentile(delays, 0.9):.2f}",
        f"{percentile(delays, 0.99):.2f}",
        f"{median(delays) / median(loop):.2f}",
        f"{percentile(delays, 0.99) / percentile(loop, 0.99):.2f}",
    )
