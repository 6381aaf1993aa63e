"""POST /webhooks/openai."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.table import Write
from understudy.domain.runs import RunStatus
from understudy.errors import StorageUnavailableError
from understudy.services import Services

from functions.receive_webhook.app import handler
from tests.fakes.executions import RecordedExecutions
from tests.unit import stage
from tests.unit.conftest import StandingClock
from tests.unit.domain.test_webhooks import NOW, SECRET, signature

Deliver = Callable[..., int]


@pytest.fixture
def secret_reads(services: Services, clock: StandingClock) -> list[int]:
    """Signs with the sample's secret, at the sample's time; counts how often it is read."""
    clock.now = NOW
    reads: list[int] = []

    def secret() -> str:
        reads.append(1)
        return SECRET

    services.__dict__["webhook_secret"] = secret
    services.settings = services.settings.model_copy(update={"webhooks_enabled": True})
    return reads


@pytest.fixture
def deliver(services: Services, load_event: Callable[..., Any], secret_reads: list[int]) -> Deliver:
    """Hands the sample event to the function, with other headers or a signed other body."""

    def hand_over(body: str | None = None, **headers: str) -> int:
        event = load_event("receive_webhook", "response_completed")
        if body is not None:
            event["body"] = body
            event["headers"]["webhook-signature"] = signature(body, webhook_id="wh_example")
        event["headers"] |= {name.replace("_", "-"): value for name, value in headers.items()}
        return int(handler(event, stage.Context(), services)["statusCode"])

    return hand_over


def put_waiting_run(services: Services) -> None:
    """A run that waits until its response has ended."""
    owner = {"tenant": stage.TENANT, "thread_id": stage.THREAD_ID, "run_id": stage.RUN_ID}
    write = Write(key=keys.wait("resp_1"), assign={"task_token": "token", **owner})
    services.table.write(write)


def is_pending(services: Services, wait_id: str = "resp_1") -> bool:
    """Whether the next wait under the id returns at once."""
    return bool((services.table.get(keys.wait(wait_id)) or {}).get("wake_pending"))


def test_webhook_wakes_the_run_that_waits_for_the_response(
    services: Services, executions: RecordedExecutions, deliver: Deliver
) -> None:
    """One read finds its token; nothing is written."""
    put_waiting_run(services)
    executions.waiting.add("token")

    assert deliver() == 200
    assert executions.woken == ["token"]
    assert not is_pending(services)


def test_webhook_before_the_wait_is_pending(services: Services, deliver: Deliver) -> None:
    """The response need not be recorded on its run yet (F136)."""
    assert deliver() == 200
    assert is_pending(services)


def test_repeated_deliveries_wake_the_run_once(
    services: Services, executions: RecordedExecutions, deliver: Deliver
) -> None:
    """Delivered three times, a webhook touches no later response of the run (F130, F137)."""
    put_waiting_run(services)
    executions.waiting.add("token")

    assert [deliver(), deliver(), deliver()] == [200, 200, 200]

    assert executions.woken.count("token") == 3
    assert executions.waiting == set()
    assert not is_pending(services, "resp_2")


def test_late_webhook_leaves_the_ended_run_unchanged(services: Services, deliver: Deliver) -> None:
    """A late completion changes nothing (F137)."""
    run = stage.put_run(services, status=RunStatus.IN_PROGRESS, response_id="resp_1")
    services.runs.end(run.model_copy(update={"status": RunStatus.EXPIRED, "ended_at": NOW}))
    before = stage.stored_run(services)

    assert deliver() == 200
    assert stage.stored_run(services) == before


@pytest.mark.parametrize(
    "body",
    [
        '{"type":"response.completed","data":{"id":"resp_of_somebody_else"}}',
        '{"type":"batch.completed","data":{"id":"batch_1"}}',
        '{"type":"brand.new","data":{"id":"resp_1"}}',
    ],
)
def test_unknown_events_are_accepted_and_wake_no_run(
    services: Services, executions: RecordedExecutions, deliver: Deliver, body: str
) -> None:
    """The provider would send a refused event again for days (F135)."""
    put_waiting_run(services)

    assert deliver(body) == 200
    assert executions.woken == []
    assert not is_pending(services)


def test_forged_delivery_is_rejected_without_reading_the_secret(
    services: Services, deliver: Deliver, secret_reads: list[int]
) -> None:
    """An old timestamp or a missing signature is rejected before the secret is read (F138)."""
    put_waiting_run(services)

    assert deliver(webhook_timestamp=str(NOW - 301)) == 400
    assert deliver(webhook_signature="") == 400
    assert deliver(webhook_signature="v1,\u00e9") == 400
    assert secret_reads == []
    assert deliver(webhook_signature=signature(key=b"forged")) == 400
    assert not is_pending(services)


def test_unavailable_table_asks_for_another_delivery(
    services: Services, load_event: Callable[..., Any], secret_reads: list[int]
) -> None:
    """A 5xx makes the provider deliver it again."""
    event = load_event("receive_webhook", "response_completed")
    services.__dict__["waits"] = _Unavailable()

    response = handler(event, stage.Context(), services)

    assert response["statusCode"] == 503
    assert "error" in json.loads(response["body"])


class _Unavailable:
    """Waits in a table that is throttled."""

    def get(self, wait_id: str) -> object:
        raise StorageUnavailableError("throttled")
