"""Requests to the model."""

import pytest
from understudy.domain.responses import CreatedResponse, ResponseRequest
from understudy.domain.runs import RunStatus
from understudy.errors import RunEndedError
from understudy.services import Services

from tests.fakes.provider import ScriptedProvider
from tests.unit.conftest import StandingClock
from tests.unit.stage import TENANT, THREAD_ID, put_run, stored_run

REQUEST = ResponseRequest(model="gpt-6-luna", instructions=None, input=[])


def test_each_round_sets_started_at(
    services: Services, provider: ScriptedProvider, clock: StandingClock
) -> None:
    """As in OpenAI's Assistants API, the outputs of tools start the run again."""
    run = put_run(services)
    thread = services.threads.get(TENANT, THREAD_ID)
    assert thread is not None
    provider.creates += [
        CreatedResponse(id="resp_1", status="queued"),
        CreatedResponse(id="resp_2", status="queued"),
    ]
    services.model_requests.create(run, thread, lambda _: REQUEST)
    first = stored_run(services)
    clock.advance(7)

    services.model_requests.create(first, thread, lambda _: REQUEST)

    assert first.started_at == int(clock.now) - 7
    assert stored_run(services).started_at == int(clock.now)


def test_response_of_a_run_that_ended_meanwhile_is_cancelled(
    services: Services, provider: ScriptedProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run expires while its response is created: nothing waits for the response."""
    run = put_run(services)
    thread = services.threads.get(TENANT, THREAD_ID)
    assert thread is not None

    def create(_: ResponseRequest) -> CreatedResponse:
        services.runs.end(run.model_copy(update={"status": RunStatus.EXPIRED, "ended_at": 1}))
        return CreatedResponse(id="resp_1", status="queued")

    monkeypatch.setattr(provider, "create_response", create)

    with pytest.raises(RunEndedError):
        services.model_requests.create(run, thread, lambda _: REQUEST)

    assert provider.cancelled == ["resp_1"]
    assert stored_run(services).status is RunStatus.EXPIRED
