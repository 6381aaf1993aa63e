"""Budgets hold when many runs start together, and while the record of ended runs is late."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from openai import OpenAI, RateLimitError
from openai.types.beta.threads import Run
from understudy.domain.budgets import Limits

from local.stack import Stack
from tests.e2e.conversations import ended
from tests.limits import WAIT_SECONDS

TENANT = "runs-at-once"
KEY = "us-key-of-runs-at-once"
AT_ONCE = 100
CLIENTS = 16
LIMITS = Limits(tenant_month_usd=1, run_usd=0.25)
FIT = 4
"""Runs whose caps fit into the budget."""


@pytest.fixture
def limited(stack: Stack) -> Iterator[OpenAI]:
    """Returns a client of a tenant with a budget."""
    stack.add_key(KEY, TENANT, limits=LIMITS)
    with OpenAI(base_url=stack.base_url, api_key=KEY, max_retries=0) as client:
        yield client


@pytest.fixture
def late_records(stack: Stack) -> Iterator[None]:
    """Delays the table's stream until the test releases it."""
    stack.events.streams.hold()
    yield
    stack.events.streams.release()
    stack.events.drain(WAIT_SECONDS)


@pytest.mark.usefixtures("late_records")
def test_hundred_runs_at_once_do_not_exceed_the_budget(limited: OpenAI, stack: Stack) -> None:
    """Ended runs keep their holds until they are recorded; then only their cost counts."""
    assistant = limited.beta.assistants.create(model="gpt-6-luna", instructions="Be brief.")

    def create(_: int) -> Run | str | None:
        try:
            return limited.beta.threads.create_and_run(assistant_id=assistant.id)
        except RateLimitError as error:
            return error.code

    with ThreadPoolExecutor(CLIENTS) as pool:
        created = list(pool.map(create, range(AT_ONCE)))

    runs = [run for run in created if isinstance(run, Run)]
    refusals = Counter(code for code in created if not isinstance(code, Run))
    assert len(runs) == FIT
    assert refusals == {"budget_exceeded": AT_ONCE - FIT}
    assert {ended(limited, run).status for run in runs} == {"completed"}
    assert create(AT_ONCE) == "budget_exceeded"

    stack.events.streams.release()
    stack.events.drain(WAIT_SECONDS)
    assert isinstance(create(AT_ONCE), Run)
