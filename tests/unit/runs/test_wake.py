"""The doorbell: no ring is lost, and none does harm."""

import pytest
from understudy.domain.runs import Run, RunStatus
from understudy.runs.wake import wake
from understudy.services import Services

from tests.fakes.executions import RecordedExecutions
from tests.unit import stage


@pytest.fixture
def run(services: Services) -> Run:
    """A run whose last wait left a token."""
    return stage.put_run(services, status=RunStatus.IN_PROGRESS, task_token="one")


def test_a_run_that_sleeps_is_woken(
    services: Services, executions: RecordedExecutions, run: Run
) -> None:
    """Its token is used, and no mark is left for a wait that is over."""
    executions.waiting.add("one")

    wake(services.runs, services.executions, run)

    assert executions.woken == ["one"]
    assert not stage.stored_run(services).wake_pending


def test_a_token_that_is_used_up_leaves_a_mark(
    services: Services, executions: RecordedExecutions, run: Run
) -> None:
    """The next wait finds the mark before it falls asleep."""
    wake(services.runs, services.executions, run)

    assert executions.woken == ["one"]
    assert stage.stored_run(services).wake_pending


def test_a_wait_that_fell_asleep_meanwhile_is_woken_too(
    services: Services, executions: RecordedExecutions, run: Run
) -> None:
    """Its token is in the item that is marked."""
    services.runs.change(run, task_token="two")
    executions.waiting.add("two")

    wake(services.runs, services.executions, run)

    assert executions.woken == ["one", "two"]


def test_a_run_that_never_slept_leaves_a_mark(
    services: Services, executions: RecordedExecutions
) -> None:
    """News may come before the first wait."""
    wake(services.runs, services.executions, stage.put_run(services))

    assert executions.woken == []
    assert stage.stored_run(services).wake_pending


def test_a_run_that_has_ended_is_not_marked(services: Services, run: Run) -> None:
    """Nothing of an ended run changes."""
    services.runs.end(run.model_copy(update={"status": RunStatus.CANCELLED, "ended_at": 1}))

    wake(services.runs, services.executions, run)

    assert not stage.stored_run(services).wake_pending


def test_news_that_comes_while_the_mark_is_taken_away_is_seen(services: Services, run: Run) -> None:
    """Taking the mark away gives the run as it is then: a cancel in between is not overlooked."""
    services.runs.mark_wake_pending(run.tenant, run.thread_id, run.id)
    read_before = stage.stored_run(services)
    services.runs.move(read_before, RunStatus.CANCELLING, among=[RunStatus.IN_PROGRESS])

    seen = services.runs.clear_wake_pending(read_before)

    assert seen.status is RunStatus.CANCELLING


def test_without_webhooks_no_response_is_noted(services: Services, run: Run) -> None:
    """It would be a write for nothing."""
    services.model_requests.created(run.model_copy(update={"response_id": "resp_1"}))

    assert services.responses.note_webhook("resp_1", "wh_1").owner is None
