"""Races in a response's life, and the limits of what is kept, without a server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.provider.errors import ApiError
from local.provider.options import Limits, Options
from local.provider.responses.outcome import Outcome
from local.provider.responses.record import StoredResponse
from local.provider.responses.request import parse_create
from local.provider.state import Provider
from tests.limits import WAIT_SECONDS


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[Provider]:
    limits = Limits(finished_responses=3, requests=5, body_bytes=100)
    made = Provider(Options(keys=("k",), folder=tmp_path, limits=limits))
    made.speeds.set(queued=0, working=0)
    yield made
    made.close()


def start(provider: Provider, **settings: Any) -> StoredResponse:
    body = {"model": "gpt-4o", "input": "Hello", "background": True, **settings}
    return provider.life.start(parse_create(body))


def test_cancel_during_the_work_drops_its_outcome(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = provider.worker.work

    def cancelled_during_work(response: StoredResponse) -> Outcome:
        outcome = work(response)
        provider.life.cancel(response.id)
        return outcome

    monkeypatch.setattr(provider.worker, "work", cancelled_during_work)
    response = start(provider)

    provider.timers.wait_until_idle(5)
    assert (response.status, response.output) == ("cancelled", [])
    assert provider.ledger.counters["response.completed"] == 0


def test_oldest_finished_responses_are_dropped(provider: Provider) -> None:
    """No more than the limit is kept; OpenAI keeps them for 30 days."""
    responses = [start(provider) for _ in range(5)]
    assert all(provider.life.wait(response, WAIT_SECONDS) for response in responses)

    assert provider.responses.by_status() == {"completed": 3}
    gone = [event.id for event in provider.ledger.events(kind="response", action="expired")]
    assert len(gone) == 2
    with pytest.raises(ApiError, match="not found"):
        provider.responses.get(gone[0])


def test_ledger_keeps_the_newest_requests(provider: Provider) -> None:
    """The counter counts all of them."""
    for number in range(8):
        provider.ledger.request("GET", f"/v1/{number}", "", 200, 0.1, "")

    assert [r.path for r in provider.ledger.requests()] == [f"/v1/{n}" for n in range(3, 8)]
    assert provider.ledger.counters["requests"] == 8


def test_response_that_is_not_stored_cannot_be_continued(provider: Provider) -> None:
    """With `store=False` and without background it is dropped when it ends."""
    response = start(provider, background=False, store=False)
    assert provider.life.wait(response, WAIT_SECONDS)

    with pytest.raises(ApiError) as refused:
        start(provider, previous_response_id=response.id)

    assert refused.value.code == "previous_response_not_found"


def test_input_beyond_the_context_window_fails_or_is_truncated(provider: Provider) -> None:
    """With `truncation=auto` the oldest items are left out."""
    long = [
        {"role": "user", "content": "My name is Ada. " + "stone " * 100_000},
        {"role": "user", "content": "stone " * 100_000},
        {"role": "user", "content": "What is my name?"},
    ]
    failed = start(provider, input=long)
    cut = start(provider, input=long, truncation="auto")
    assert provider.life.wait(failed, WAIT_SECONDS)
    assert provider.life.wait(cut, WAIT_SECONDS)

    assert failed.error is not None
    assert failed.error["code"] == "context_length_exceeded"
    assert cut.status == "completed"
    assert "Ada" not in cut.output[0]["content"][0]["text"]
    with pytest.raises(ApiError, match="exceeds the context window"):
        start(provider, input=long, background=False)
