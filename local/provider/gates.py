"""Gates that hold responses in a status until a test lets them go on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Literal, get_args

Stage = Literal["queued", "in_progress"]
STAGES: tuple[Stage, ...] = get_args(Stage)


class Gates:
    """One gate per stage. A closed gate parks what would leave that stage."""

    def __init__(self, changed: threading.Condition) -> None:
        self._changed = changed
        self._closed: set[Stage] = set()
        self._parked: dict[Stage, dict[str, Callable[[], None]]] = {s: {} for s in STAGES}

    def hold(self, stage: Stage) -> None:
        """Close the gate: nothing leaves `stage` from now on."""
        with self._changed:
            self._closed.add(stage)

    def park(self, stage: Stage, response_id: str, go_on: Callable[[], None]) -> bool:
        """Keep `go_on` for later if the gate is closed. True when it was kept."""
        with self._changed:
            if stage not in self._closed:
                return False
            self._parked[stage][response_id] = go_on
            self._changed.notify_all()
            return True

    def release(self, stages: tuple[Stage, ...], response_id: str | None = None) -> int:
        """Open the gates for all; or let one response go on and keep them closed.

        Returns how many went on.
        """
        with self._changed:
            going: list[Callable[[], None]] = []
            for stage in stages:
                if response_id is None:
                    self._closed.discard(stage)
                    going += self._parked[stage].values()
                    self._parked[stage].clear()
                elif (go_on := self._parked[stage].pop(response_id, None)) is not None:
                    going.append(go_on)
        for go_on in going:
            go_on()
        return len(going)

    def forget(self, response_id: str) -> None:
        """Stop keeping a response that will not go on."""
        with self._changed:
            for waiting in self._parked.values():
                waiting.pop(response_id, None)

    def parked(self, stage: Stage) -> list[str]:
        """The ids of the responses that wait at the gate of `stage`."""
        with self._changed:
            return list(self._parked[stage])

    def clear(self) -> None:
        """Open all gates and forget who waited."""
        with self._changed:
            self._closed.clear()
            for waiting in self._parked.values():
                waiting.clear()
