"""POST /webhooks/openai."""

import json
from collections.abc import Callable
from typing import Any

import pytest
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


def put_waiting_run(services: Services, *, known: bool = True) -> None:
    """A run that sleeps until its response has ended."""
    run = stage.put_run(
        services, status=RunStatus.IN_PROGRESS, response_id="resp_1", task_token="token"
    )
    if known:
        services.model_requests.created(run)


def test_the_run_that_waits_for_the_response_is_woken(
    services: Services, executions: RecordedExecutions, deliver: Deliver
) -> None:
    """One write finds the run, and its last token is rung."""
    put_waiting_run(services)
    executions.waiting.add("token")

    assert deliver() == 200
    assert executions.woken == ["token"]
    assert not stage.stored_run(services).wake_pending


def test_a_run_that_does_not_sleep_yet_finds_the_news(services: Services, deliver: Deliver) -> None:
    """The mark keeps the next wait from falling asleep."""
    put_waiting_run(services)

    assert deliver() == 200
    assert stage.stored_run(services).wake_pending


def test_a_webhook_before_its_response_is_known_is_not_lost(
    services: Services, deliver: Deliver
) -> None:
    """Whoever comes second finds what the first left (F136)."""
    put_waiting_run(services, known=False)
    assert deliver() == 200
    assert not stage.stored_run(services).wake_pending

    services.model_requests.created(stage.stored_run(services))

    assert stage.stored_run(services).wake_pending


def test_a_delivery_that_comes_again_after_its_effect_does_nothing(
    services: Services, executions: RecordedExecutions, deliver: Deliver
) -> None:
    """Delivered three times, a webhook wakes the run once (F130, F137)."""
    put_waiting_run(services)
    executions.waiting.add("token")
    deliver()
    run = stage.stored_run(services)
    services.runs.change(run, response_id="resp_2")

    assert (deliver(), deliver()) == (200, 200)

    assert executions.woken == ["token"]
    assert not stage.stored_run(services).wake_pending


def test_a_delivery_that_comes_again_before_its_effect_rings_again(
    services: Services, deliver: Deliver
) -> None:
    """The function that took it first may have died before it rang."""
    put_waiting_run(services)
    services.responses.note_webhook("resp_1", "wh_example")

    assert deliver() == 200
    assert stage.stored_run(services).wake_pending


def test_a_run_that_is_being_cancelled_or_has_ended_is_left_alone(
    services: Services, executions: RecordedExecutions, deliver: Deliver
) -> None:
    """A late completion changes nothing (F137)."""
    put_waiting_run(services)
    run = stage.stored_run(services)
    services.runs.end(run.model_copy(update={"status": RunStatus.EXPIRED, "ended_at": NOW}))

    assert deliver() == 200
    assert executions.woken == []
    assert stage.stored_run(services).status is RunStatus.EXPIRED


@pytest.mark.parametrize(
    "body",
    [
        '{"type":"response.completed","data":{"id":"resp_of_somebody_else"}}',
        '{"type":"batch.completed","data":{"id":"batch_1"}}',
        '{"type":"brand.new","data":{"id":"resp_1"}}',
    ],
)
def test_what_is_not_ours_is_taken_and_ignored(
    services: Services, executions: RecordedExecutions, deliver: Deliver, body: str
) -> None:
    """The provider would send a refused event again for days (F135)."""
    put_waiting_run(services)

    assert deliver(body) == 200
    assert executions.woken == []
    assert not stage.stored_run(services).wake_pending


def test_a_forged_delivery_reads_nothing_and_does_nothing(
    services: Services, deliver: Deliver, secret_reads: list[int]
) -> None:
    """An old timestamp or a missing signature is refused before the secret is asked for (F138)."""
    put_waiting_run(services)

    assert deliver(webhook_timestamp=str(NOW - 301)) == 400
    assert deliver(webhook_signature="") == 400
    assert deliver(webhook_signature="v1,\u00e9") == 400
    assert secret_reads == []
    assert deliver(webhook_signature=signature(key=b"forged")) == 400
    assert not stage.stored_run(services).wake_pending


def test_a_table_that_does_not_answer_asks_for_another_delivery(
    services: Services, load_event: Callable[..., Any], secret_reads: list[int]
) -> None:
    """A 5xx makes the provider deliver it again."""
    event = load_event("receive_webhook", "response_completed")
    services.__dict__["responses"] = _Unavailable()

    answer = handler(event, stage.Context(), services)

    assert answer["statusCode"] == 503
    assert "error" in json.loads(answer["body"])


class _Unavailable:
    """The port Responses on a table that is throttled."""

    def note_owner(self, *_: object) -> bool:
        raise AssertionError("nobody asks a response for its owner here")

    def note_webhook(self, *_: object) -> object:
        raise StorageUnavailableError("throttled")
