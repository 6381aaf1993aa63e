"""Races in a response's life, and the limits of what is kept, without a server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.provider.errors import ApiError
from local.provider.responses import life, store
from local.provider.responses.outcome import DeskFor, Outcome, outcome_of
from local.provider.responses.record import StoredResponse
from local.provider.responses.request import parse_create
from local.provider.state import Provider
from tests.limits import WAIT_SECONDS


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[Provider]:
    made = Provider("k", tmp_path)
    made.speeds.set(queued=0, working=0)
    yield made
    made.reset()


def start(provider: Provider, **settings: Any) -> StoredResponse:
    body = {"model": "gpt-4o", "input": "Hello", "background": True, **settings}
    return provider.life.start(parse_create(body))


def test_cancel_during_the_work_drops_its_outcome(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    worked = threading.Event()

    def cancelled_during_work(response: StoredResponse, desk_for: DeskFor) -> Outcome:
        outcome = outcome_of(response, desk_for)
        provider.life.cancel(response.id)
        worked.set()
        return outcome

    monkeypatch.setattr(life, "outcome_of", cancelled_during_work)
    response = start(provider)

    assert worked.wait(WAIT_SECONDS)
    for thread in threading.enumerate():
        if thread.name.endswith("(_live)"):
            thread.join(WAIT_SECONDS)
    assert (response.status, response.output) == ("cancelled", [])
    assert provider.ledger.counters["response.completed"] == 0


def test_oldest_ended_responses_are_dropped(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No more than the limit is kept; OpenAI keeps them for 30 days."""
    monkeypatch.setattr(store, "KEPT", 3)
    responses = [start(provider) for _ in range(5)]
    for response in responses:
        assert response.over.wait(WAIT_SECONDS)

    assert provider.responses.by_status() == {"completed": 3}
    gone = [event["id"] for event in provider.ledger.events(kind="response", action="expired")]
    assert len(gone) == 2
    with pytest.raises(ApiError, match="not found"):
        provider.responses.get(gone[0])


def test_response_that_is_not_stored_cannot_be_continued(provider: Provider) -> None:
    """With `store=False` and without background it is dropped when it ends."""
    response = start(provider, background=False, store=False)
    assert response.terminal

    with pytest.raises(ApiError) as refused:
        start(provider, previous_response_id=response.id)

    assert refused.value.code == "previous_response_not_found"
