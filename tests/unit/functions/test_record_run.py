"""State RecordRun."""

from collections.abc import Callable
from typing import Any

import pytest
from understudy.domain.runs import RunStatus
from understudy.errors import RunError
from understudy.services import Services

from functions.record_run.app import handler
from tests.fakes.provider import usage
from tests.fakes.run_events import RecordedRunEvents
from tests.unit import stage


@pytest.fixture
def record(services: Services, load_event: Callable[..., Any]) -> Callable[[], dict[str, Any]]:
    """Hands the sample event to the function."""
    services.__dict__["run_events"] = RecordedRunEvents()
    return lambda: handler(load_event("record_run", "completed"), stage.Context(), services)


def test_the_state_machine_learns_how_the_run_ended(
    services: Services, record: Callable[[], dict[str, Any]]
) -> None:
    """The status in the table decides, not the one that the machine believes in."""
    run = stage.put_run(services)
    over = {"status": RunStatus.EXPIRED, "ended_at": run.created_at, "usage": [usage()]}
    services.runs.end(run.model_copy(update=over))

    assert record()["status"] == "expired"
    assert services.usage.rows(stage.TENANT, "2027-01-15", "2027-01-15").__next__().totals.runs == 1


def test_a_run_that_is_gone_was_cancelled(record: Callable[[], dict[str, Any]]) -> None:
    """Its thread was deleted while it ran: there is nothing to count."""
    assert record()["status"] == "cancelled"


def test_an_open_run_is_an_error(services: Services, record: Callable[[], dict[str, Any]]) -> None:
    """The machine must not end while its run is open: close_run hears of the failure."""
    stage.put_run(services)

    with pytest.raises(RunError):
        record()
