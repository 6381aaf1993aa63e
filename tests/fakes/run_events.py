"""The event bus as a list of what it was told."""

from understudy.domain.run_events import event_detail, event_type
from understudy.domain.runs import Run
from understudy.errors import StorageUnavailableError


class RecordedRunEvents:
    """Fits the port RunEvents. Refuses as often as `refusals` says."""

    def __init__(self, refusals: int = 0) -> None:
        self.refusals = refusals
        self.told: list[tuple[str, dict[str, object]]] = []

    def ended(self, run: Run) -> None:
        if self.refusals:
            self.refusals -= 1
            raise StorageUnavailableError("the bus does not answer")
        self.told.append((event_type(run), event_detail(run)))
