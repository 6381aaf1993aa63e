"""Waking executions: no callback is lost, and a repeated one does no harm."""

from typing import Any

import pytest
from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.table import Write
from understudy.runs.wake import wake
from understudy.services import Services

from tests.fakes.executions import RecordedExecutions
from tests.unit import stage

WAIT_ID = "resp_1"


def put_wait(services: Services, token: str) -> None:
    """Stores a task token as the state machine does."""
    owner = {"tenant": stage.TENANT, "thread_id": stage.THREAD_ID, "run_id": stage.RUN_ID}
    services.table.write(Write(key=keys.wait(WAIT_ID), assign={"task_token": token, **owner}))


def is_pending(services: Services) -> bool:
    """Whether the next wait returns at once."""
    return bool((services.table.get(keys.wait(WAIT_ID)) or {}).get("wake_pending"))


def test_waiting_execution_is_woken_without_a_write(
    services: Services, executions: RecordedExecutions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its token is used; nothing is left for the next wait."""
    put_wait(services, "one")
    executions.waiting.add("one")
    writes: list[Any] = []
    monkeypatch.setattr(services.table, "write", writes.append)

    wait = wake(services.waits, executions, WAIT_ID)

    assert executions.woken == ["one"]
    assert writes == []
    assert wait.run["run_id"] == stage.RUN_ID


def test_used_token_leaves_a_pending_callback(
    services: Services, executions: RecordedExecutions
) -> None:
    """The next wait returns at once."""
    put_wait(services, "one")

    wake(services.waits, executions, WAIT_ID)

    assert executions.woken == ["one"]
    assert is_pending(services)


def test_wait_that_began_in_between_is_woken(
    services: Services, executions: RecordedExecutions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its token is in the item that marking the callback returns."""
    put_wait(services, "one")
    executions.waiting.add("two")
    read = services.waits.get

    def get_then_wait(wait_id: str) -> Any:
        found = read(wait_id)
        put_wait(services, "two")
        return found

    monkeypatch.setattr(services.waits, "get", get_then_wait)

    wake(services.waits, executions, WAIT_ID)

    assert executions.woken == ["one", "two"]


def test_callback_before_the_first_wait_is_pending(
    services: Services, executions: RecordedExecutions
) -> None:
    """A webhook may arrive before its response is recorded."""
    wait = wake(services.waits, executions, WAIT_ID)

    assert (executions.woken, wait.run) == ([], {})
    assert is_pending(services)


def test_pending_callback_is_cleared_once(
    services: Services, executions: RecordedExecutions
) -> None:
    """Clearing keeps the token and the owner."""
    put_wait(services, "one")
    wake(services.waits, executions, WAIT_ID)

    services.waits.clear_pending(WAIT_ID)
    services.waits.clear_pending(WAIT_ID)

    assert not is_pending(services)
    assert services.waits.get(WAIT_ID).task_token == "one"


def test_run_without_response_waits_under_its_own_id(services: Services) -> None:
    """A run waits under its response's id as soon as it has one."""
    run = stage.put_run(services)

    assert run.wait_id == run.id
    assert run.model_copy(update={"response_id": "resp_1"}).wait_id == "resp_1"
