"""Asking the model for a turn."""

from collections.abc import Callable

import pytest
from understudy.actions.ask_model import MAX_REFUSALS, ask_model
from understudy.actions.progress import Progress
from understudy.bootstrap import Services
from understudy.domain.responses import CreatedResponse, ResponseRequest
from understudy.domain.runs import Run, RunStatus
from understudy.errors import ProviderRateLimitedError, ProviderUnavailableError, RunEndedError

from tests.fakes.provider import ScriptedProvider
from tests.unit import stage

CREATED = CreatedResponse(id="resp_1", status="queued")
REQUEST = ResponseRequest(model="gpt-6-luna", instructions=None, input=[])


@pytest.fixture
def ask(services: Services) -> Callable[[Run], Progress]:
    """Asks for the first turn of a run."""
    return lambda run: ask_model(services, run, REQUEST)


def test_a_rate_limit_is_slept_out_by_the_machine(
    services: Services, provider: ScriptedProvider, ask: Callable[[Run], Progress]
) -> None:
    """A function does not wait for a minute and a half (F050, F051)."""
    provider.creates.append(ProviderRateLimitedError("slow down", retry_after=90))

    progress = ask(stage.put_run(services))

    assert (progress.status, progress.delay_seconds) == (RunStatus.QUEUED, 90)
    assert stage.stored_run(services).attempts == 1


def test_a_provider_that_is_never_ready_is_given_up(
    services: Services, provider: ScriptedProvider, ask: Callable[[Run], Progress]
) -> None:
    """The number of refusals that one run waits for is bounded."""
    run = stage.put_run(services, attempts=MAX_REFUSALS)
    provider.creates.append(ProviderRateLimitedError("slow down", retry_after=1))

    with pytest.raises(ProviderRateLimitedError):
        ask(run)


def test_a_create_is_tried_once(
    services: Services, provider: ScriptedProvider, ask: Callable[[Run], Progress]
) -> None:
    """It is not idempotent at the provider: the machine decides on another try (F061)."""
    provider.creates.append(ProviderUnavailableError("no answer"))

    with pytest.raises(ProviderUnavailableError):
        ask(stage.put_run(services))
    assert len(provider.requests) == 1


def test_a_run_that_ended_meanwhile_takes_its_response_with_it(
    services: Services, provider: ScriptedProvider, ask: Callable[[Run], Progress]
) -> None:
    """Nobody would wait for the response any more."""
    run = stage.put_run(services)
    services.runs.end(run.model_copy(update={"status": RunStatus.EXPIRED, "ended_at": 1}))
    provider.creates.append(CREATED)

    with pytest.raises(RunEndedError):
        ask(run)
    assert provider.cancelled == ["resp_1"]


def test_a_run_that_was_cancelled_meanwhile_keeps_its_response_to_be_cancelled(
    services: Services, provider: ScriptedProvider, ask: Callable[[Run], Progress]
) -> None:
    """The cancel has to find the response, or the model would go on (F023)."""
    run = stage.put_run(services)
    services.runs.move(run, RunStatus.CANCELLING, among=[RunStatus.QUEUED])
    provider.creates.append(CREATED)

    assert ask(run).status is RunStatus.CANCELLING
    assert stage.stored_run(services).response_id == "resp_1"


def test_a_webhook_that_was_faster_leaves_news(
    services: Services, provider: ScriptedProvider, ask: Callable[[Run], Progress]
) -> None:
    """The next wait does not sleep over an end that was told already (F136)."""
    services.settings = services.settings.model_copy(update={"webhooks_enabled": True})
    run = stage.put_run(services)
    services.responses.note_webhook("resp_1", "wh_1")
    provider.creates.append(CREATED)

    progress = ask(run)

    assert stage.stored_run(services).news
    assert progress.delay_seconds == 60
