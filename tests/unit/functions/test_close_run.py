"""The status event of an execution that failed, timed out or was aborted."""

from collections.abc import Callable
from typing import Any

import pytest
from understudy.domain.runs import RunStatus
from understudy.domain.tools import CallStatus
from understudy.errors import ProviderUnavailableError, StorageUnavailableError
from understudy.services import Services

from functions.close_run.app import handler
from tests.fakes.provider import ScriptedProvider
from tests.unit import stage

Close = Callable[[], dict[str, Any]]


@pytest.fixture
def close(services: Services, load_event: Callable[..., Any]) -> Close:
    """Invokes the function with the sample event."""
    return lambda: handler(load_event("close_run", "timed_out"), stage.Context(), services)


def test_run_of_a_failed_execution_fails_and_frees_its_thread(
    services: Services, provider: ScriptedProvider, close: Close
) -> None:
    """The model's work and the open calls end too (F035, F036, F037)."""
    stage.put_run(services, status=RunStatus.IN_PROGRESS, response_id="resp_1")
    stage.put_call(services)

    assert close() == {"closed": True, "status": "failed"}

    assert provider.cancelled == ["resp_1"]
    run, thread = stage.stored_run(services), services.runs.thread(stage.TENANT, stage.THREAD_ID)
    assert run.last_error is not None
    assert thread is not None
    assert thread.active_run_id is None
    [call] = services.tool_calls.of_run(stage.TENANT, stage.RUN_ID)
    assert call.status is CallStatus.CLOSED


def test_repeated_event_changes_nothing(
    services: Services, provider: ScriptedProvider, close: Close
) -> None:
    """The second event finds an ended run (F038)."""
    stage.put_run(services, status=RunStatus.IN_PROGRESS, response_id="resp_1")
    close()

    assert close()["closed"] is False
    assert provider.cancelled == ["resp_1"]


def test_cancel_request_wins(services: Services, close: Close) -> None:
    """However the execution ended, the run is cancelled."""
    stage.put_run(services, status=RunStatus.CANCELLING)

    assert close()["status"] == "cancelled"
    assert stage.stored_run(services).last_error is None


def test_unavailable_provider_does_not_keep_a_run_open(
    services: Services, provider: ScriptedProvider, close: Close, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The response may continue; it changes nothing any more (F027)."""
    stage.put_run(services, status=RunStatus.IN_PROGRESS, response_id="resp_1")

    def unreachable(response_id: str) -> None:
        raise ProviderUnavailableError(f"no connection for {response_id}")

    monkeypatch.setattr(provider, "cancel_response", unreachable)

    assert close()["status"] == "failed"


def test_run_of_a_deleted_thread_is_ignored(close: Close) -> None:
    """The function does not fail."""
    assert close() == {"closed": False}


def test_unavailable_table_raises_for_a_retry(
    services: Services, close: Close, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lambda retries, then the dead-letter queue has the event."""
    stage.put_run(services)

    def unavailable(*_: object, **__: object) -> None:
        raise StorageUnavailableError("throttled")

    monkeypatch.setattr(services.runs, "end", unavailable)

    with pytest.raises(StorageUnavailableError):
        close()
