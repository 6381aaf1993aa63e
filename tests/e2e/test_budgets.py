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
"""At 0.50 USD per million tokens these cost 1.5 cents."""

MOST_CALLS = 50


@pytest.fixture
def limited(stack: Stack, request: pytest.FixtureRequest) -> Iterator[OpenAI]:
    """The SDK with the key of a tenant that has the limits of the test."""
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
def test_run_over_budget_is_rejected_before_the_provider_is_called(
    stack: Stack, limited: OpenAI, control: ControlClient
) -> None:
    """The client gets a 429 with its own code, and the thread has no active run."""
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
def test_run_at_its_cost_limit_is_incomplete(limited: OpenAI, control: ControlClient) -> None:
    """The tool that the model calls is not executed, and no other request is sent."""
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
def test_runs_per_minute_are_limited(limited: OpenAI) -> None:
    """The second run within a minute gets a 429 with Retry-After."""
    refusal = first_refusal(lambda: start(limited, "Hello"))

    assert refusal.code == "rate_limit_exceeded"
    assert 1 <= int(refusal.response.headers["retry-after"]) <= 60


@pytest.mark.parametrize("limited", [{"requests_per_minute": 3}], indirect=True)
def test_requests_per_minute_are_limited(limited: OpenAI) -> None:
    """Requests that only read count too."""
    refusal = first_refusal(limited.beta.assistants.list)

    assert refusal.code == "rate_limit_exceeded"


@pytest.mark.parametrize("limited", [{"tenant_month_usd": 0.01, "run_usd": 0.01}], indirect=True)
def test_runs_of_dropped_files_count_against_the_budget(
    stack: Stack, limited: OpenAI, request: pytest.FixtureRequest, control: ControlClient
) -> None:
    """The first run uses the budget. The second file, which waited for it, is refused."""
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


def test_tenant_without_limits_has_no_counters(stack: Stack, client: OpenAI) -> None:
    """Its runs neither read nor write a counter of a budget or a rate."""
    stack.aws.recorder.clear()

    run = ended(client, start(client, "Hello"))

    assert run.status == "completed"
    keys = [key for call in stack.aws.recorder.calls() for key in call.leading_keys]
    assert [key for key in keys if key.startswith(("budget#", "rate#"))] == []


@pytest.mark.parametrize("limited", [{}], indirect=True)
def test_usage_is_reported_by_user_assistant_model_and_day(stack: Stack, limited: OpenAI) -> None:
    """Each run is in the report once, with the cost that the run shows."""
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
def test_usage_report_with_invalid_parameters_is_rejected(
    client: OpenAI, query: dict[str, str]
) -> None:
    """The error names the invalid parameter."""
    with pytest.raises(openai.BadRequestError) as refused:
        client.get("/usage", cast_to=object, options={"params": query})

    assert refused.value.param in query
