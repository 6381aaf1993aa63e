"""A create above a limit writes nothing: neither a thread nor a use of a file."""

from typing import Any

import pytest
from understudy.domain.budgets import Limits
from understudy.domain.files import File
from understudy.domain.usage import NANO
from understudy.services import Services

from tests.fakes.executions import RecordedExecutions
from tests.fakes.provider import ScriptedProvider
from tests.fakes.provider_files import MemoryAccount
from tests.unit import stage
from tests.unit.http.caller import Answered, Api

KEY = "us-key-with-limits"
FILE_ID = "file-a"
COUNTERS = ("budget#", "rate#")
DAY = "2027-01-15#tenant"


@pytest.fixture
def account(services: Services) -> MemoryAccount:
    """Returns the provider's account, with a file of the tenant."""
    file = File(
        id=FILE_ID,
        tenant=stage.TENANT,
        filename="a.csv",
        purpose="assistants",
        bytes=1,
        created_at=0,
        provider_id="P-a",
    )
    services.files.put_new(file)
    return MemoryAccount().serve(services)


def limited(services: Services, **limits: Any) -> Api:
    """Returns a client whose key has these limits."""
    stage.put_key(services, KEY, limits=Limits.model_validate(limits))
    stage.put_assistant(services, tools=[{"type": "code_interpreter"}, {"type": "file_search"}])
    return Api(services, KEY)


def create(api: Api, **fields: Any) -> Answered:
    """Creates a thread with an attached file, a new vector store, and a run, in one request."""
    attachment = {"file_id": FILE_ID, "tools": [{"type": "file_search"}]}
    message = {"role": "user", "content": "What is in it?", "attachments": [attachment]}
    resources = {"file_search": {"vector_stores": [{"file_ids": [FILE_ID]}]}}
    thread = {"messages": [message], "tool_resources": resources}
    body = {"assistant_id": stage.ASSISTANT_ID, "thread": thread} | fields
    return api.call("POST", "/v1/threads/runs", body)


def stored(services: Services) -> set[tuple[str, str]]:
    """Returns the keys of all items, except for the counters of limits."""
    items = services.table._client.scan(TableName="table")["Items"]
    named = {(item["pk"]["S"], item["sk"]["S"]) for item in items}
    return {key for key in named if not key[0].startswith(COUNTERS)}


def test_over_budget_nothing_is_written_or_sent(
    services: Services,
    account: MemoryAccount,
    provider: ScriptedProvider,
    executions: RecordedExecutions,
) -> None:
    """No thread, no vector store and no use of the file; no request reaches the provider."""
    api = limited(services, tenant_day_usd=0)
    before, file = stored(services), services.files.get(stage.TENANT, FILE_ID)

    answered = create(api)

    assert (answered.status, answered.error["code"]) == (429, "budget_exceeded")
    assert stored(services) == before
    assert services.files.get(stage.TENANT, FILE_ID) == file
    assert (account.done, provider.requests, executions.started) == ([], [], [])


def test_over_rate_limit_nothing_is_written(
    services: Services,
    account: MemoryAccount,
    executions: RecordedExecutions,
) -> None:
    """Only the run before it in the same minute exists."""
    api = limited(services, runs_per_minute=1)
    assert create(api).status == 200
    before = stored(services)

    answered = create(api)

    assert (answered.status, answered.error["code"]) == (429, "rate_limit_exceeded")
    assert stored(services) == before
    assert len(executions.started) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"thread": {"messages": [{"role": "user", "content": "x", "attachments": [
            {"file_id": "file-unknown", "tools": [{"type": "file_search"}]}]}]}},
        {"metadata": {"understudy_deadline_seconds": "never"}},
    ],
    ids=["unknown file", "impossible deadline"],
)  # fmt: skip
def test_a_rejected_request_holds_no_budget(
    services: Services,
    account: MemoryAccount,
    fields: dict[str, Any],
) -> None:
    """And creates no thread."""
    api = limited(services, tenant_day_usd=1, run_usd=0.25)
    before = stored(services)

    assert create(api, **fields).status in (400, 404)

    assert services.budgets.spent(stage.TENANT, [DAY]).get(DAY, 0) == 0
    assert stored(services) == before


def test_an_accepted_run_holds_budget(services: Services, account: MemoryAccount) -> None:
    """Until its cost is known."""
    api = limited(services, tenant_day_usd=1, run_usd=0.25)

    run = create(api).body

    held = services.runs.get(stage.TENANT, run["thread_id"], run["id"])
    assert held is not None
    assert held.budget is not None
    assert services.budgets.spent(stage.TENANT, [DAY]) == {DAY: NANO // 4}
