"""A run that failed says why: in its error, in its event, in its metric, and in the log."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from openai import OpenAI
from openai.types.beta.threads import Run

from local.provider.control import ControlClient
from local.stack import Stack
from tests.e2e.conversations import ended, recorded, start

OPERATIONS = Path(__file__).resolve().parents[2] / "docs" / "operations.md"
QUERY = re.compile(r'^filter run_id = "run_…" \| sort @timestamp \| display (?P<fields>.+)$', re.M)
CREATES = {"method": "POST", "path": "/v1/responses"}
FINE_TUNED = "ft:gpt-4.1-mini:shop::a1"
"""Passes every check of the deployment; the provider does not have it."""


def failed(client: OpenAI, **fields: Any) -> Run:
    run = ended(client, start(client, "Hello", **fields))
    assert (run.status, run.required_action) == ("failed", None)
    assert run.last_error is not None
    return run


def logged(stack: Stack, run: Run) -> list[dict[str, Any]]:
    """Returns what the documented log query finds and shows of a run, over all functions."""
    found = QUERY.search(OPERATIONS.read_text())
    assert found is not None, "docs/operations.md has no log query for a run"
    shown = {name.strip() for name in found["fields"].split(",")}
    assert stack.aws.runtime is not None
    written = [
        json.loads(line)
        for name in stack.deployment.functions
        for line in stack.aws.runtime.logs(name).splitlines()
        if line.startswith("{")
    ]
    return [
        {name: value for name, value in line.items() if name in shown}
        for line in written
        if line.get("run_id") == run.id
    ]


def errors_counted(stack: Stack, run: Run) -> list[str]:
    assert stack.aws.runtime is not None
    lines = stack.aws.runtime.logs("RecordRunsFunction").splitlines()
    entries = [json.loads(line) for line in lines if line.startswith('{"_aws"')]
    return [
        entry["error_code"]
        for entry in entries
        if "RunErrors" in entry and entry.get("run_id") == run.id
    ]


def test_unknown_model_is_reported_everywhere(stack: Stack, client: OpenAI) -> None:
    """With the provider's status, code and text, and with what to do."""
    run = failed(client, model=FINE_TUNED)
    event = recorded(stack, run)

    error: Any = run.last_error
    assert error.code == "invalid_prompt"
    assert f"The provider does not know the model '{FINE_TUNED}'" in error.message
    assert "add an alias to ModelAliases" in error.message
    assert (error.provider["status"], error.provider["code"]) == (404, "model_not_found")
    assert error.provider["message"] in error.message
    codes = ("invalid_prompt", 404, "model_not_found")
    assert (event["error_code"], event["provider_status"], event["provider_code"]) == codes
    assert errors_counted(stack, run) == ["model_not_found"]
    lines = logged(stack, run)
    assert {
        "level": "WARNING",
        "message": "failed",
        "error": "ProviderModelError",
        "provider_status": 404,
        "provider_code": "model_not_found",
    }.items() <= next(line for line in lines if line.get("message") == "failed").items()
    [end] = [line for line in lines if line.get("message") == "run_ended"]
    assert (end["error_code"], end["provider_status"], end["provider_code"]) == codes


@pytest.mark.parametrize(
    ("status", "error", "code", "shown"),
    [
        (400, {"code": "context_length_exceeded", "message": "Too long."}, "invalid_prompt", True),
        (422, {"code": None, "message": "Bad file file-abc123."}, "invalid_prompt", True),
        (401, {"code": "invalid_api_key", "message": "Key sk-x123"}, "server_error", False),
        (403, {"code": "forbidden", "message": "Project proj_1"}, "server_error", False),
        (429, {"code": "insufficient_quota", "message": "Quota."}, "rate_limit_exceeded", True),
        (500, {"code": "server_error", "message": "Crash in org-1a."}, "server_error", True),
    ],
)
def test_refusals_carry_status_code_and_text(
    stack: Stack,
    client: OpenAI,
    control: ControlClient,
    status: int,
    error: dict[str, Any],
    code: str,
    shown: bool,
) -> None:
    """Without ids, keys and addresses; of a refused key not even the text."""
    control.script_fault(status=status, error=error, match=CREATES, times=None)

    run = failed(client)

    last: Any = run.last_error
    assert (last.code, last.provider["status"]) == (code, status)
    assert f"HTTP {status}" in last.message
    assert last.provider["code"] == error["code"]
    first_word = error["message"].split()[0]
    assert (first_word in last.provider["message"]) is shown
    for secret in ("file-abc123", "sk-x123", "proj_1", "org-1a"):
        assert secret not in run.model_dump_json()
    assert any(line.get("provider_status") == status for line in logged(stack, run))
    assert recorded(stack, run)["provider_status"] == status


def test_run_that_succeeds_after_a_failure_has_no_error(
    stack: Stack, client: OpenAI, control: ControlClient
) -> None:
    """The failed attempt is in the log only."""
    control.script_fault(status=503, error={"code": "overloaded"}, match=CREATES)

    run = ended(client, start(client, "Hello"))

    assert (run.status, run.last_error) == ("completed", None)
    assert recorded(stack, run)["error_code"] is None
    assert any(line.get("provider_code") == "overloaded" for line in logged(stack, run))


def test_failed_response_shows_the_models_error(client: OpenAI, control: ControlClient) -> None:
    """It has no HTTP status: the response was read, and says that it failed."""
    text = "Failed to download image from https://shop.example.com/a.png for resp_0a1b2c3d."
    control.script_answer(status="failed", error={"code": "invalid_image_url", "message": text})

    last: Any = failed(client).last_error

    assert (last.code, last.provider["status"]) == ("invalid_prompt", None)
    assert last.provider["code"] == "invalid_image_url"
    assert last.message == "Failed to download image from … for …."


@pytest.mark.parametrize("model", ["gpt-9-unheard-of", "text"])
def test_model_without_provider_is_rejected_at_creation(client: OpenAI, model: str) -> None:
    with pytest.raises(Exception, match=f"The requested model '{model}' does not exist"):
        client.beta.assistants.create(model=model)
