"""Scripting the fake provider and reading what happened there, from the same process.

See "Scripting the fake model" in `local/README.md` for examples.
"""

from collections.abc import Callable, Mapping
from typing import Any

from local.provider.gates import STAGES, Stage
from local.provider.scripts import Answer, Fault, Match, Script
from local.provider.state import Provider

Json = dict[str, Any]

WAIT_SECONDS = 600.0
"""The default limit of a wait; long, because the machine may be busy."""


class WaitTimeoutError(TimeoutError):
    """A condition was not met within the timeout of its wait."""


class ControlClient:
    """Controls one fake provider. Thread-safe."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._ledger = provider.ledger
        # The parts' methods that tests use.
        self.reset, self.set_speeds = provider.reset, provider.speeds.set
        self.scripts_taken, self.scripts_waiting = provider.scripts.taken, provider.scripts.waiting
        self.requests, self.forget_requests = self._ledger.requests, self._ledger.forget_requests
        self.deliveries, self.send_event = provider.deliveries.log, provider.deliveries.send
        self.set_deliveries = provider.deliveries.set
        self.release_deliveries = provider.deliveries.release

    def script_answer(
        self, *, match: Mapping[str, Any] | None = None, times: int | None = 1, **answer: Any
    ) -> None:
        """Script the next matching response: the fields of `local.provider.scripts.Answer`.

        Raises pydantic's `ValidationError` for a field that does not exist or fit.
        """
        script = Script(Match(**(match or {})), answer=Answer(**answer), times=times)
        self._provider.scripts.add(script)

    def script_fault(
        self,
        *,
        match: Mapping[str, Any] | None = None,
        times: int | None = 1,
        skip: int = 0,
        **fault: Any,
    ) -> int:
        """Script a fault of the next matching request: the fields of `scripts.Fault`.

        Returns a number that is among `scripts_taken` once the fault was used.
        """
        script = Script(Match(**(match or {})), fault=Fault(**fault), times=times, skip=skip)
        return self._provider.scripts.add(script)

    def advance_clock(self, seconds: float) -> None:
        """Move the clock; objects whose time is over expire."""
        self._provider.clock.advance(seconds)
        self._provider.expire()

    def hold(self, stage: Stage | None = None) -> None:
        """Keep responses at a stage (None: when queued and when in progress) until released."""
        for each in (stage,) if stage else ("queued", "in_progress"):
            self._provider.gates.hold(each)

    def release(self, stage: Stage | None = None, response_id: str | None = None) -> int:
        """Open the gates, or let one response continue. Returns how many continued."""
        stages = (stage,) if stage else STAGES
        return self._provider.gates.release(stages, response_id)

    def events(self, **query: Any) -> list[Json]:
        """Return events of objects, by `kind`, `action` and `object_id`."""
        self._provider.expire()
        return self._ledger.events(**query)

    def live(self) -> dict[str, dict[str, Json]]:
        """Return the objects that exist, by kind and id."""
        self._provider.expire()
        return self._ledger.live()

    def counters(self) -> Json:
        """Return counts of requests, objects and responses, and what is unfinished.

        `moving` counts what will still happen without a release.
        """
        provider, parked = self._provider, set(self._provider.gates.parked())
        unfinished = provider.responses.unfinished()
        working = sum(each.id not in parked and not each.stuck for each in unfinished)
        return {
            "counters": dict(self._ledger.counters),
            "responses": provider.responses.by_status(),
            "unfinished": [each.id for each in unfinished],
            "moving": working + provider.timers.pending() + provider.deliveries.pending(),
            "scripts_waiting": provider.scripts.waiting(),
        }

    def wait_for_response(
        self, response_id: str, *statuses: str, timeout: float = WAIT_SECONDS
    ) -> None:
        """Block until a response has one of the statuses."""

        def reached() -> bool:
            response = self._provider.responses.find(response_id)
            return response is not None and response.status in statuses

        self._wait(reached, timeout)

    def wait_for_parked(
        self, count: int, stage: Stage | None = None, timeout: float = WAIT_SECONDS
    ) -> None:
        """Block until so many responses wait at the gates."""
        stages = (stage,) if stage else STAGES
        self._wait(lambda: len(self._provider.gates.parked(stages)) >= count, timeout)

    def wait_for_deliveries(
        self, count: int, state: str | None = "delivered", timeout: float = WAIT_SECONDS
    ) -> None:
        """Block until so many webhook deliveries are in a state."""
        self._wait(
            lambda: sum(state in (None, d["state"]) for d in self.deliveries()) >= count, timeout
        )

    def wait_until_idle(self, timeout: float = WAIT_SECONDS) -> None:
        """Block until no response is unfinished and no delivery is waiting."""
        provider = self._provider
        self._wait(
            lambda: not provider.responses.unfinished() and not provider.deliveries.pending(),
            timeout,
        )

    def _wait(self, met: Callable[[], bool], timeout: float) -> None:
        """Check the condition after each change at the provider."""
        with self._provider.changed:
            if not self._provider.changed.wait_for(met, timeout):
                raise WaitTimeoutError(f"The condition was not met within {timeout} s.")
