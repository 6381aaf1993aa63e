"""`GET /usage` by thread, run, key and metadata, and `GET /budgets`."""

from typing import Any

import pytest
from understudy.domain.budgets import Limits
from understudy.domain.runs import Run, RunConfig, RunStatus
from understudy.domain.usage import NANO, RoundUsage
from understudy.services import Services

from tests.unit import stage
from tests.unit.http.caller import Api


def count(services: Services, number: int, usd: float, **fields: Any) -> Run:
    """Counts an ended run in the ledger, as record_runs does."""
    now = int(services.now())
    known: dict[str, Any] = {
        "id": f"run_{number}",
        "tenant": stage.TENANT,
        "thread_id": "thread_1",
        "assistant_id": "asst_1",
        "status": RunStatus.COMPLETED,
        "created_at": now,
        "deadline": now,
        "ended_at": now,
        "config": RunConfig(model="gpt-4o", instructions=""),
        "usage": [RoundUsage(response_id="resp", model="gpt-4o", cost_usd=usd)],
    }
    run = Run.model_validate(known | fields)
    services.usage.count([run])
    return run


def rows(api: Api, **query: str) -> list[tuple[Any, float]]:
    """Returns the value and the cost of each row of a report."""
    answered = api.get("/v1/usage", **query)
    assert answered.status == 200, answered.text
    name = query["group_by"].partition(".")[0]
    return [(each[name], each["cost_usd"]) for each in answered.body["data"]]


def test_most_expensive_threads_come_first(api: Api) -> None:
    """The total is of all threads, also of those that the limit cuts off."""
    count(api.services, 1, 0.25)
    count(api.services, 2, 0.5, thread_id="thread_2")
    count(api.services, 3, 0.5)

    report = api.get("/v1/usage", group_by="thread", sort="cost", limit="1").body

    assert [(each["thread"], each["runs"]) for each in report["data"]] == [("thread_1", 2)]
    assert report["has_more"] is True
    assert report["total"]["cost_usd"] == 1.25


def test_run_is_reported_with_its_thread(api: Api) -> None:
    """Both ids are needed to read it."""
    count(api.services, 1, 0.25, thread_id="thread_9")

    [row] = api.get("/v1/usage", group_by="run").body["data"]

    assert (row["run"], row["thread"], row["cost_usd"]) == ("run_1", "thread_9", 0.25)


def test_usage_is_reported_by_key_and_by_metadata(api: Api) -> None:
    """Runs without the pair are a row of their own."""
    count(api.services, 1, 0.25, api_key="aaa", metadata={"customer": "Ada", "other": "x"})
    count(api.services, 2, 0.5, api_key="bbb", metadata={"customer": "Grace"})
    count(api.services, 3, 1.0, api_key="bbb")

    assert rows(api, group_by="api_key") == [("aaa", 0.25), ("bbb", 1.5)]
    by_customer = rows(api, group_by="metadata.customer")
    assert by_customer == [(None, 1.0), ("Ada", 0.25), ("Grace", 0.5)]


def test_large_metadata_is_left_out_of_the_ledger(api: Api) -> None:
    """A row must stay small; short pairs are kept."""
    count(api.services, 1, 0.25, metadata={"note": "x" * 500, "customer": "Ada"})

    assert rows(api, group_by="metadata.customer") == [("Ada", 0.25)]
    assert rows(api, group_by="metadata.note") == [(None, 0.25)]


@pytest.mark.parametrize("group", ["metadata.", "threads", "day ", "metadata." + "x" * 65])
def test_unknown_group_is_rejected(api: Api, group: str) -> None:
    answered = api.get("/v1/usage", group_by=group)

    assert answered.status == 400
    assert answered.error["param"] == "group_by"


def test_usage_of_another_tenant_is_not_reported(api: Api, stranger: Api) -> None:
    count(api.services, 1, 0.25)

    assert rows(stranger, group_by="run") == []


def test_budgets_show_what_is_left(api: Api) -> None:
    """Of the tenant, and of a user if one is named; held money counts as used."""
    limits = Limits(tenant_day_usd=2, user_month_usd=1)
    stage.put_key(api.services, "us-limited", limits=limits)
    limited = Api(api.services, "us-limited")
    api.services.usage_limits.hold(tenant=stage.TENANT, user_id="ada", limits=limits)

    [tenant] = limited.get("/v1/budgets").body["data"]
    both = limited.get("/v1/budgets", user_id="ada").body["data"]

    held = limits.hold() / NANO
    assert (tenant["scope"], tenant["limit_usd"], tenant["used_usd"]) == ("tenant", 2, held)
    assert [(each["scope"], each["left_usd"]) for each in both] == [
        ("tenant", 2 - held),
        ("user", 1 - held),
    ]
    assert api.get("/v1/budgets").body["data"] == []
