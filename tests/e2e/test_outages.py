"""Calls to a provider that is down are bounded, and runs recover afterwards.

The numbers are those of `docs/operations.md`; `tests/statemachine/test_provider_calls.py`
computes them from the definition.
"""

import json
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from openai import OpenAI
from openai.types.beta.threads import Run

from local.provider.control import ControlClient
from local.stack import Stack
from tests.e2e.conversations import ended, start
from tests.limits import WAIT_SECONDS
from tests.statemachine.test_provider_calls import (
    ALTERNATING,
    AT_WORK,
    CANCELS,
    DOWN,
    REFUSALS,
    REFUSED,
    TRIES,
)

FAILED = "understudy.run.failed"
COMPLETED = "understudy.run.completed"
EVERYTHING = {"path": "/v1/"}
RESPONSES = "/v1/responses"
CREATES = {"method": "POST", "route": RESPONSES}
PATIENCE = {"retry-after": "1"}


def begin(client: OpenAI, number: int) -> list[Run]:
    """Starts that many runs concurrently, each on its own thread."""
    assistant = client.beta.assistants.create(model="gpt-6-luna")

    def one(text: int) -> Run:
        thread = client.beta.threads.create(messages=[{"role": "user", "content": str(text)}])
        return client.beta.threads.runs.create(thread.id, assistant_id=assistant.id)

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(one, range(number)))


def over(stack: Stack, client: OpenAI, runs: Sequence[Run], kind: str, before: int) -> list[Run]:
    """Returns the runs after an event of this kind for each, beside the `before` earlier ones."""
    stack.events.buses.wait_for(kind, WAIT_SECONDS, count=before + len(runs))
    return [client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id) for run in runs]


def creates_of(control: ControlClient) -> Counter[str]:
    """Returns the number of create requests by run."""
    sent = control.requests(method="POST", path=RESPONSES)
    bodies = [json.loads(each["body"]) for each in sent if each["path"] == RESPONSES]
    return Counter(body["metadata"]["run_id"] for body in bodies)


@pytest.mark.usefixtures("fallback")
@pytest.mark.parametrize("number", [10, pytest.param(200, marks=[pytest.mark.load])])
def test_calls_to_a_provider_that_is_down_are_bounded(
    stack: Stack, client: OpenAI, control: ControlClient, number: int
) -> None:
    """Many runs fail in an outage, each after a few calls; the next run is completed."""
    control.script_fault(status=503, match=EVERYTHING, times=None)
    before = len(stack.events.seen(FAILED))

    runs = begin(client, number)
    done = over(stack, client, runs, FAILED, before)

    assert {run.status for run in done} == {"failed"}
    creates = creates_of(control)
    assert set(creates) == {run.id for run in done}
    assert max(creates.values()) <= TRIES
    assert len(control.requests(path="/v1/")) <= number * DOWN

    control.reset()
    again = ended(client, start(client, "Hello"))
    assert again.status == "completed"
    assert again.metadata == {}


@pytest.mark.usefixtures("fallback")
def test_calls_to_a_provider_that_answers_429_are_bounded(
    stack: Stack, client: OpenAI, control: ControlClient
) -> None:
    """Each retry comes after the provider's retry-after."""
    control.script_fault(status=429, headers=PATIENCE, match=EVERYTHING, times=None)
    before = len(stack.events.seen(FAILED))

    runs = begin(client, 6)
    done = over(stack, client, runs, FAILED, before)

    assert {run.last_error and run.last_error.code for run in done} == {"rate_limit_exceeded"}
    assert set(creates_of(control).values()) == {REFUSALS + 1}
    assert len(control.requests(path="/v1/")) == len(runs) * REFUSED


@pytest.mark.usefixtures("fallback")
def test_calls_to_a_provider_that_answers_503_and_429_are_bounded(
    client: OpenAI, control: ControlClient
) -> None:
    """All tries of a visit fail with 503, the last with 429: no other order makes more calls."""
    for _ in range(REFUSALS + 1):
        control.script_fault(status=503, match=CREATES, times=TRIES - 1)
        control.script_fault(status=429, headers=PATIENCE, match=CREATES)
    control.script_fault(status=503, match=EVERYTHING, times=None)

    run = ended(client, start(client, "Hello"))

    assert run.status == "failed"
    assert len(control.requests(path="/v1/")) == ALTERNATING


@pytest.mark.usefixtures("fallback")
def test_calls_are_bounded_when_the_outage_begins_during_a_response(
    client: OpenAI, control: ControlClient
) -> None:
    """The response is polled, abandoned and cancelled; only the fallback gets a new request."""
    control.hold("in_progress")
    run = start(client, "Hello")
    control.wait_for_parked(1, "in_progress", timeout=WAIT_SECONDS)
    control.script_fault(status=503, match=EVERYTHING, times=None)
    control.forget_requests()

    done = ended(client, run)

    assert done.status == "failed"
    assert len(control.requests(path="/v1/")) <= AT_WORK
    assert len(control.requests(path="/cancel")) == CANCELS
    assert creates_of(control) == {}


def test_waiting_runs_continue_when_the_outage_ends(
    stack: Stack, client: OpenAI, control: ControlClient
) -> None:
    """The provider refuses as many requests as there are runs, and then accepts them.

    A run gives up after `REFUSALS` refusals, so no distribution over the runs ends one of them.
    """
    number = 8
    assert number < REFUSALS
    control.script_fault(status=429, headers=PATIENCE, match=CREATES, times=number)
    before = len(stack.events.seen(COMPLETED))

    runs = begin(client, number)

    done = over(stack, client, runs, COMPLETED, before)
    assert {run.status for run in done} == {"completed"}
    assert [run.metadata for run in done] == [{}] * len(runs)
    assert creates_of(control).total() == 2 * number
