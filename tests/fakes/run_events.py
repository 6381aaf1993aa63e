"""The event bus as a list of the events that were published."""

from collections.abc import Sequence

from understudy.domain.run_events import event_detail, event_type
from understudy.domain.runs import Run
from understudy.errors import StorageUnavailableError


class RecordedRunEvents:
    """Implements the port RunEvents. Fails as often as `failures` says."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.published: list[tuple[str, dict[str, object]]] = []

    def ended(self, runs: Sequence[Run]) -> None:
        if self.failures:
            self.failures -= 1
            raise StorageUnavailableError("the bus cannot be reached")
        self.published += [(event_type(run), event_detail(run)) for run in runs]
