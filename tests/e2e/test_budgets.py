"""Budgets and rates hold over HTTP, with the official SDK."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import openai
import pytest
from openai import OpenAI
from understudy.domain.budgets import Limits

from local.provider.control import ControlClient
from local.stack import Stack
from tests.e2e.bucket import Bucket
from tests.e2e.conversations import SCHEMA_TOOL, ended, recorded, start

KEY = "us-key-of-a-tenant-with-limits-{}"
LONG_ANSWER = {"output_tokens": 30_000}
"""At 0.50 USD per million tokens this costs one and a half cents."""

MOST_CALLS = 50


@pytest.fixture
def limited(stack: Stack, request: pytest.FixtureRequest) -> Iterator[OpenAI]:
    """The SDK with the key of a tenant of its own, which has the limits that the test asks for."""
    name = request.node.name.replace("_", "-")
    limits = Limits.model_validate(request.param)
    stack.add_key(KEY.format(name), tenant=name, limits=limits)
    with OpenAI(base_url=stack.base_url, api_key=KEY.format(name), max_retries=0) as client:
        yield client


def first_refusal(call: Callable[[], object]) -> openai.RateLimitError:
    """Returns the first 429. A slow machine may need several minutes, each with its own limit."""
    for _ in range(MOST_CALLS):
        try:
            call()
        except openai.RateLimitError as error:
            return error
    raise AssertionError(f"{MOST_CALLS} calls were accepted")


@pytest.mark.parametrize("limited", [{"tenant_month_usd": 0.01, "run_usd": 0.01}], indirect=True)
def test_a_run_over_budget_is_refused_before_anything_is_sent(
    stack: Stack, limited: OpenAI, control: ControlClient
) -> None:
    """429 with a code of its own, no request to the provider, and the thread is free."""
    control.script_answer(text="Long.", usage=LONG_ANSWER)
    first = ended(limited, start(limited, "Hello"))
    assert first.status == "completed"
    recorded(stack, first)
    asked = len(control.requests(method="POST", path="/v1/responses"))

    with pytest.raises(openai.RateLimitError) as refused:
        limited.beta.threads.runs.create(first.thread_id, assistant_id=first.assistant_id)

    assert refused.value.code == "budget_exceeded"
    assert refused.value.response.headers["x-should-retry"] == "false"
    assert len(control.requests(method="POST", path="/v1/responses")) == asked
    assert len(limited.beta.threads.runs.list(first.thread_id).data) == 1
    limited.beta.threads.messages.create(first.thread_id, role="user", content="Still free")


@pytest.mark.parametrize("limited", [{"run_usd": 0.01}], indirect=True)
def test_a_run_at_its_cap_ends_incomplete(limited: OpenAI, control: ControlClient) -> None:
    """The tool that the model asks for is not called, and the model is not asked again."""
    control.script_answer(
        calls=[{"name": "get_table_schema", "arguments": "{}"}], usage=LONG_ANSWER
    )

    run = ended(limited, start(limited, "Which columns has sales?", tools=[SCHEMA_TOOL]))

    assert run.status == "incomplete"
    assert run.incomplete_details is not None
    assert run.incomplete_details.reason == "max_completion_tokens"
    assert run.model_extra is not None
    assert run.model_extra["budget_exceeded"] is True
    assert run.model_extra["cost_usd"] == pytest.approx(0.015, abs=0.001)
    created = control.requests(method="POST", path="/v1/responses")
    assert len(created) == 1
    steps = limited.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id).data
    assert [step.type for step in steps if step.type == "tool_calls"] == []


@pytest.mark.parametrize("limited", [{"runs_per_minute": 1}], indirect=True)
def test_runs_are_limited_by_the_minute(limited: OpenAI) -> None:
    """The second one in a minute gets a 429 with retry-after."""
    refusal = first_refusal(lambda: start(limited, "Hello"))

    assert refusal.code == "rate_limit_exceeded"
    assert 1 <= int(refusal.response.headers["retry-after"]) <= 60


@pytest.mark.parametrize("limited", [{"requests_per_minute": 3}], indirect=True)
def test_requests_are_limited_by_the_minute(limited: OpenAI) -> None:
    """Every request counts, those that only read included."""
    refusal = first_refusal(limited.beta.assistants.list)

    assert refusal.code == "rate_limit_exceeded"


@pytest.mark.parametrize("limited", [{"tenant_month_usd": 0.01, "run_usd": 0.01}], indirect=True)
def test_runs_of_dropped_files_count_too(
    stack: Stack, limited: OpenAI, request: pytest.FixtureRequest, control: ControlClient
) -> None:
    """The first takes what there is; the second waited for it, and gets the refusal."""
    folder = f"{request.node.name.replace('_', '-')}/ada/any"
    assistant = limited.beta.assistants.create(model="gpt-4o")
    bucket = Bucket(stack)
    control.hold("in_progress")
    for name in ("first.csv", "second.csv"):
        bucket.put(f"drop/{folder}/{name}", **{"assistant-id": assistant.id})
        bucket.settle()

    control.release()

    assert b"budget" not in bucket.wait_for(f"answers/{folder}/first.csv/answer.md")
    assert b"The budget of your organization" in bucket.wait_for(
        f"answers/{folder}/second.csv/answer.md"
    )
    assert {file.filename: file.status for file in limited.files.list()} == {
        "first.csv": "processed",
        "second.csv": "error",
    }


def test_a_tenant_without_limits_pays_nothing_for_them(stack: Stack, client: OpenAI) -> None:
    """No counter of a budget or a rate is read or written for its runs."""
    stack.aws.recorder.clear()

    run = ended(client, start(client, "Hello"))

    assert run.status == "completed"
    keys = [key for call in stack.aws.recorder.calls() for key in call.leading_keys]
    assert [key for key in keys if key.startswith(("budget#", "rate#"))] == []


@pytest.mark.parametrize("limited", [{}], indirect=True)
def test_usage_is_reported_by_user_assistant_model_and_day(stack: Stack, limited: OpenAI) -> None:
    """Each run is in the report once, with the cost that the run itself shows."""
    run = ended(limited, start(limited, "Hello"))
    recorded(stack, run)

    def report(**query: str) -> Any:
        return limited.get("/usage", cast_to=object, options={"params": query})

    assert run.model_extra is not None
    cost = run.model_extra["cost_usd"]
    by_model = report(group_by="model")
    assert by_model["total"] == {**by_model["total"], "runs": 1, "cost_usd": cost}
    [entry] = by_model["data"]
    assert entry["model"] == "gpt-6-luna"
    [entry] = report(group_by="assistant")["data"]
    assert entry["assistant"] == run.assistant_id
    [entry] = report()["data"]
    assert entry["day"] == datetime.fromtimestamp(run.completed_at or 0, UTC).date().isoformat()
    assert report(start="2020-01-01", end="2020-01-31")["data"] == []


@pytest.mark.parametrize(
    "query",
    [
        {"start": "2027-01-02", "end": "2027-01-01"},
        {"start": "2026-01-01", "end": "2026-12-31"},
        {"start": "yesterday"},
        {"group_by": "colour"},
    ],
)
def test_a_report_that_makes_no_sense_is_refused(client: OpenAI, query: dict[str, str]) -> None:
    """With the parameter that is wrong."""
    with pytest.raises(openai.BadRequestError) as refused:
        client.get("/usage", cast_to=object, options={"params": query})

    assert refused.value.param in query
