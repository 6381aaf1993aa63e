"""Gates that hold responses at a stage until a test releases them."""

import threading
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
        self._parked: dict[Stage, dict[str, threading.Event]] = {s: {} for s in STAGES}

    def hold(self, stage: Stage) -> None:
        """Close a gate."""
        with self._changed:
            self._closed.add(stage)

    def park(self, stage: Stage, response_id: str) -> threading.Event | None:
        """Return what a response has to wait for at a gate; None if the gate is open."""
        with self._changed:
            if stage not in self._closed:
                return None
            passed = self._parked[stage][response_id] = threading.Event()
            self._changed.notify_all()
            return passed

    def release(self, stages: tuple[Stage, ...], response_id: str | None = None) -> int:
        """Open the gates; or let one response continue and keep them closed.

        Returns how many responses continue.
        """
        with self._changed:
            going: list[threading.Event] = []
            for stage in stages:
                if response_id is None:
                    self._closed.discard(stage)
                    going += self._parked[stage].values()
                    self._parked[stage].clear()
                elif (passed := self._parked[stage].pop(response_id, None)) is not None:
                    going.append(passed)
            for passed in going:
                passed.set()
            return len(going)

    def parked(self, stages: tuple[Stage, ...] = STAGES) -> list[str]:
        """Return the ids of the responses that wait at these gates."""
        with self._changed:
            return [response_id for stage in stages for response_id in self._parked[stage]]

    def clear(self) -> None:
        """Open all gates."""
        self.release(STAGES)
