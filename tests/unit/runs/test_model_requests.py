"""Asking the model for a turn."""

from understudy.domain.responses import CreatedResponse, ResponseRequest
from understudy.runs.ask import ask_model
from understudy.services import Services

from tests.fakes.provider import ScriptedProvider
from tests.unit.conftest import StandingClock
from tests.unit.stage import put_run, stored_run

REQUEST = ResponseRequest(model="gpt-6-luna", instructions=None, input=[])


def test_each_turn_starts_the_run_anew(
    services: Services, provider: ScriptedProvider, clock: StandingClock
) -> None:
    """`started_at` is of the turn that goes on after tool outputs, as it was in the original."""
    run = put_run(services)
    provider.creates += [
        CreatedResponse(id="resp_1", status="queued"),
        CreatedResponse(id="resp_2", status="queued"),
    ]
    ask_model(services, run, REQUEST)
    first = stored_run(services)
    clock.advance(7)

    ask_model(services, first, REQUEST)

    assert first.started_at == int(clock.now) - 7
    assert stored_run(services).started_at == int(clock.now)
