"""Requests to the model."""

from understudy.domain.responses import CreatedResponse, ResponseRequest
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
