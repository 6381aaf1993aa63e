"""The local stack with a meter, and the runs that are measured."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bench.api_client import ApiClient
from bench.meter import Counts, Meter
from bench.processes import CpuTimes, cpu_times
from local.provider.control import ControlClient
from local.stack import Stack, StackOptions

POLL_SECONDS = 0.05
DRAIN_SECONDS = 120
KINDS = ("plain", "one tool", "three tools", "client tools")
SCHEMA_CALL = {"name": "get_table_schema", "arguments": {"table": "sales"}}
CALLS = {
    "plain": [],
    "one tool": [SCHEMA_CALL],
    "three tools": [SCHEMA_CALL] * 3,
    "client tools": [{"name": "get_weather", "arguments": {}}],
}


@dataclass(frozen=True)
class Measured:
    """The sum of what several runs took."""

    runs: int
    counts: Counts
    cpu: CpuTimes
    provider_calls: int
    responses: int
    """Responses created; with webhooks, each sends one webhook."""
    api_requests: int
    """Requests of the stack's own client."""
    log_bytes: int


class BenchStack:
    """A running stack with one client."""

    def __init__(self, stack: Stack) -> None:
        assert stack.provider is not None
        self.stack = stack
        self.control: ControlClient = stack.provider.control
        self.meter = Meter(stack)
        self.client = self.new_client()
        self.assistants = {
            "plain": self.client.new_assistant(),
            "one tool": self.client.new_assistant("get_table_schema"),
            "three tools": self.client.new_assistant("get_table_schema"),
            "client tools": self.client.new_assistant("get_weather"),
        }

    def new_client(self) -> ApiClient:
        return ApiClient(self.stack.base_url, self.stack.api_key)

    def run(
        self,
        kind: str,
        thread_id: str,
        *,
        client: ApiClient | None = None,
        working: float | None = None,
        every: float | None = POLL_SECONDS,
    ) -> tuple[dict[str, Any], float]:
        """Adds a message and completes a run; returns the run and the time when the client saw it.

        The model takes `working` seconds for each round. Raises RuntimeError if the run does not
        complete.
        """
        client = client or self.client
        if CALLS[kind]:
            self.control.script_answer(calls=CALLS[kind], working_seconds=working)
        self.control.script_answer(text="Here it is.", working_seconds=working)
        run_id = client.ask(thread_id, self.assistants[kind], "What is the state of things?")
        run, seen = client.until_settled(thread_id, run_id, every)
        if run["status"] == "requires_action":
            client.submit(thread_id, run)
            run, seen = client.until_settled(thread_id, run_id, every)
        if run["status"] != "completed":
            raise RuntimeError(f"a run ended as {run['status']}: {run['last_error']}")
        self.meter.await_end(run_id)
        return run, seen

    @contextmanager
    def measuring(self, runs: int) -> Iterator[list[Measured]]:
        """Measures the block, and appends one entry to the yielded list at its end.

        Raises RuntimeError if the CPU time of the functions cannot be found.
        """
        found: list[Measured] = []
        self.drain()
        since = max((r["sequence"] for r in self.control.requests()), default=0)
        requests, logged = self.client.requests, self._log_bytes()
        self.meter.take()
        before = cpu_times()
        yield found
        self.drain()
        cpu = cpu_times().since(before)
        if not cpu.functions:
            raise RuntimeError("no worker process of a function was found")
        calls = self.control.requests(path="/v1/responses", since=since)
        found.append(
            Measured(
                runs=runs,
                counts=self.meter.take(),
                cpu=cpu,
                provider_calls=len(calls),
                responses=sum(call["method"] == "POST" for call in calls),
                api_requests=self.client.requests - requests,
                log_bytes=self._log_bytes() - logged,
            )
        )

    def drain(self) -> None:
        """Waits until the stream's functions and all events that they cause are done."""
        self.stack.events.drain(DRAIN_SECONDS)

    def memory_mb(self) -> dict[str, int]:
        """Returns the memory of every function by its logical id."""
        functions = self.stack.deployment.functions
        return {name: function.memory_mb for name, function in functions.items()}

    def _log_bytes(self) -> int:
        runtime = self.stack.aws.runtime
        assert runtime is not None
        return sum(len(runtime.logs(name)) for name in self.stack.deployment.functions)


@contextmanager
def bench_stack(*, webhooks: bool, scale: float = 1.0) -> Iterator[BenchStack]:
    """Runs a stack during the block."""
    with Stack(StackOptions(webhooks=webhooks, scale=scale)) as stack:
        made = BenchStack(stack)
        try:
            yield made
        finally:
            made.client.close()
