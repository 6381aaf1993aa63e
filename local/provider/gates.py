"""Gates that hold responses at a stage until a test releases them."""

import threading
from collections.abc import Callable
from typing import Literal, get_args

Stage = Literal["queued", "in_progress", "delta"]
STAGES: tuple[Stage, ...] = get_args(Stage)


class Gates:
    """One gate per stage. A closed gate parks whatever would leave that stage.

    The gate `delta` of a streamed response is before each of its deltas.
    """

    def __init__(self, changed: threading.Condition) -> None:
        self._changed = changed
        self._closed: set[Stage] = set()
        self._parked: dict[Stage, dict[str, Callable[[], None]]] = {s: {} for s in STAGES}

    def hold(self, stage: Stage) -> None:
        """Close a gate."""
        with self._changed:
            self._closed.add(stage)

    def park(self, stage: Stage, response_id: str, go_on: Callable[[], None]) -> bool:
        """Keep `go_on` until the release if the gate is closed; returns True if it was kept."""
        with self._changed:
            if stage not in self._closed:
                return False
            self._parked[stage][response_id] = go_on
            self._changed.notify_all()
            return True

    def release(self, stages: tuple[Stage, ...], response_id: str | None = None) -> int:
        """Open the gates; or let one response continue and keep them closed.

        Returns how many responses continued.
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
        """Drop a response that will not continue."""
        with self._changed:
            for waiting in self._parked.values():
                waiting.pop(response_id, None)

    def parked(self, stages: tuple[Stage, ...] = STAGES) -> list[str]:
        """Return the ids of the responses that wait at these gates."""
        with self._changed:
            return [response_id for stage in stages for response_id in self._parked[stage]]

    def clear(self) -> None:
        """Open all gates and drop everything that is parked."""
        with self._changed:
            self._closed.clear()
            for waiting in self._parked.values():
                waiting.clear()
