"""What the console reads, over HTTP, with the rights of the deployed functions."""

from typing import Any

from openai import OpenAI
from understudy.domain.budgets import Limits

from local.provider.control import ControlClient
from local.stack import Stack
from tests.e2e.bucket import Bucket
from tests.e2e.conversations import ended, recorded, start


def get(client: OpenAI, path: str) -> Any:
    return client.get(path, cast_to=object)


def test_usage_is_found_by_thread_and_by_the_user_that_a_run_names(
    stack: Stack, client: OpenAI
) -> None:
    """The thread belongs to no user, so the run's metadata names it."""
    run = start(client, "Hello")
    ended(client, run)
    named = client.beta.threads.runs.create(
        run.thread_id, assistant_id=run.assistant_id, metadata={"user_id": "migrated-ada"}
    )
    recorded(stack, ended(client, named))

    threads = get(client, "/usage?group_by=thread&sort=cost")["data"]
    users = get(client, "/usage?group_by=user")["data"]

    assert [row["runs"] for row in threads if row["thread"] == run.thread_id] == [2]
    assert [row["runs"] for row in users if row["user"] == "migrated-ada"] == [1]


def test_budgets_show_what_runs_hold(stack: Stack, control: ControlClient) -> None:
    key, tenant = "us-key-that-shows-budgets", "shows-budgets"
    stack.add_key(key, tenant=tenant, limits=Limits(tenant_day_usd=1))
    control.hold("in_progress")
    with OpenAI(base_url=stack.base_url, api_key=key, max_retries=0) as limited:
        run = start(limited, "Hello")
        [budget] = get(limited, "/budgets")["data"]
        control.release("in_progress")
        ended(limited, run)

    assert (budget["scope"], budget["limit_usd"]) == ("tenant", 1)
    assert 0 < budget["used_usd"] < 1


def test_drop_is_listed_with_its_report(client: OpenAI, bucket: Bucket) -> None:
    bucket.put("drop/local/ada/console/q1.csv")
    bucket.put("drop/local/ada/console/tool.exe", b"MZ")
    bucket.wait_for("answers/local/ada/console/q1.csv/answer.md")
    bucket.settle()

    listed = {each["filename"]: each for each in get(client, "/drops?limit=100")["data"]}
    drop = get(client, f"/drops/{listed['q1.csv']['id']}")
    refused = next(each for name, each in listed.items() if name.endswith("tool.exe"))

    assert drop["report"]["status"] == "attached"
    assert "No run was started" in drop["report"]["text"]
    assert (drop["user_id"], drop["purpose"]) == ("ada", "console")
    assert refused["status"] == "refused"
    assert "'.exe' is not supported" in refused["reason"]


def test_threads_are_found_by_date(client: OpenAI) -> None:
    """The time of creation is in the id, so the search is a range of the index."""
    thread = client.beta.threads.create()
    at = thread.created_at

    inside = get(client, f"/threads?created_after={at}&created_before={at + 1}&limit=100")
    before = get(client, f"/threads?created_before={at}&limit=100")

    assert thread.id in [each["id"] for each in inside["data"]]
    assert thread.id not in [each["id"] for each in before["data"]]
