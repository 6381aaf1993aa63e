"""A run whose thread is deleted or expires is cancelled, and its usage is in the ledger."""

from collections.abc import Iterator
from typing import Any

import pytest
from openai import OpenAI
from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.budgets import Budgets
from understudy.adapters.dynamodb.table import Write
from understudy.domain.budgets import Limits
from understudy.domain.usage import NANO, day_of

from local.provider.control import ControlClient
from local.stack import Stack
from tests.e2e.conversations import ended, start
from tests.limits import WAIT_SECONDS

CANCELLED = "understudy.run.cancelled"
CLIENT_TOOL = {"type": "function", "function": {"name": "book_meeting", "parameters": {}}}
LIMITS = Limits(tenant_day_usd=100, run_usd=1)


@pytest.fixture
def tenant(request: pytest.FixtureRequest) -> str:
    """Returns a tenant that only this test uses."""
    return str(request.node.name.replace("_", "-"))


@pytest.fixture
def limited(stack: Stack, tenant: str) -> Iterator[OpenAI]:
    """The SDK with a key of that tenant. The key has a budget."""
    key = f"us-key-of-{tenant}"
    stack.add_key(key, tenant=tenant, limits=LIMITS)
    with OpenAI(base_url=stack.base_url, api_key=key, max_retries=0) as client:
        yield client


def cancelled(stack: Stack, run_id: str) -> dict[str, Any]:
    """Returns the event of the run's end, when all that it triggered is done."""
    while True:
        seen = stack.events.seen(CANCELLED)
        found = [event["detail"] for event in seen if event["detail"]["run_id"] == run_id]
        if found:
            stack.events.drain(WAIT_SECONDS)
            return dict(found[0])
        stack.events.buses.wait_for(CANCELLED, WAIT_SECONDS, count=len(seen) + 1)


def total(client: OpenAI) -> dict[str, Any]:
    """Returns the tenant's usage."""
    report: Any = client.get("/usage", cast_to=object)
    return dict(report["total"])


def test_run_of_a_deleted_thread_is_cancelled_and_counted(
    stack: Stack, limited: OpenAI, control: ControlClient
) -> None:
    """The owner deletes it while the model works. The provider's response is cancelled."""
    control.hold("in_progress")
    run = start(limited, "Hello")
    control.wait_for_parked(1, "in_progress", timeout=WAIT_SECONDS)

    limited.beta.threads.delete(run.thread_id)

    assert cancelled(stack, run.id)["status"] == "cancelled"
    control.release()
    assert control.counters()["unfinished"] == []
    assert total(limited)["runs"] == 1


def test_run_of_an_expired_thread_is_counted_with_its_usage(
    stack: Stack, limited: OpenAI, tenant: str, control: ControlClient
) -> None:
    """The run waits for its client and gets no callback. The cleanup ends it."""
    control.script_answer(calls=[{"name": "book_meeting", "arguments": "{}"}])
    run = ended(limited, start(limited, "Book it", tools=[CLIENT_TOOL]))
    assert run.status == "requires_action"

    # What DynamoDB does when the time of the item is over
    stack.table().write(Write(key=keys.thread(tenant, run.thread_id), delete=True))

    detail = cancelled(stack, run.id)
    assert detail["usage"]["total_tokens"] > 0
    used = total(limited)
    assert (used["runs"], used["total_tokens"]) == (1, detail["usage"]["total_tokens"])
    counter = f"{day_of(run.created_at)}#tenant"
    spent = Budgets(stack.table()).spent(tenant, [counter])[counter]
    assert spent == round(detail["cost_usd"] * NANO), "what was held is not what it cost"
    assert list(stack.table().query(keys.thread_partition(tenant, run.thread_id))) == []


def test_deleting_the_thread_of_a_counted_run_does_not_count_it_again(
    stack: Stack, limited: OpenAI
) -> None:
    """The thread is deleted right after the run's end."""
    run = ended(limited, start(limited, "Hello"))
    limited.beta.threads.delete(run.thread_id)
    stack.events.drain(WAIT_SECONDS)

    assert total(limited)["runs"] == 1
