"""The function `api`, with its sample events."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from understudy.services import Services

from functions.api.app import handler
from tests.fakes.executions import RecordedExecutions
from tests.unit import stage

Send = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def send(services: Services, load_event: Callable[..., Any]) -> Send:
    """Sends a sample event with changes; returns status and body."""
    stage.put_key(services)

    def send(case: str, body: Any = None, **headers: str) -> tuple[int, dict[str, Any]]:
        event = load_event("stream_run" if case == "create_run" else "api", case)
        event["multiValueHeaders"] |= {name: [value] for name, value in headers.items()}
        if body is not None:
            event["body"] = body if isinstance(body, str) else json.dumps(body)
        answer = handler(event, stage.Context(), services)
        return answer["statusCode"], json.loads(answer["body"])

    return send


def test_an_assistant_is_created_and_listed(send: Send) -> None:
    """The tenant's list has it at once (I13)."""
    status, made = send("create_assistant")
    assert (status, made["object"], made["model"]) == (200, "assistant", "gpt-4o")

    _, listed = send("list_assistants")

    assert [item["id"] for item in listed["data"]] == [made["id"]]


def test_run_is_queued_and_its_execution_started(
    services: Services, executions: RecordedExecutions, send: Send
) -> None:
    """The response is the queued run; the execution has its id."""
    stage.put_assistant(services)
    stage.put_thread(services, "Hello")

    status, run = send("create_run")

    assert (status, run["status"], run["required_action"]) == (200, "queued", None)
    assert executions.started == [run["id"]]
    assert run["expires_at"] == run["created_at"] + 600


def test_a_second_run_is_rejected_with_openais_text(services: Services, send: Send) -> None:
    """Clients parse the run's id from it."""
    stage.put_assistant(services)
    stage.put_thread(services, "Hello")
    _, first = send("create_run")

    status, body = send("create_run")

    assert status == 400
    text = f"Thread {stage.THREAD_ID} already has an active run {first['id']}."
    assert body["error"] == {
        "message": text,
        "type": "invalid_request_error",
        "param": None,
        "code": None,
    }


def test_thread_of_another_tenant_is_not_found(services: Services, send: Send) -> None:
    """The response is that for a missing thread (T01)."""
    stage.put_assistant(services)
    stage.put_thread(services, "Hello")
    stage.put_key(services, "us-other-key-of-a-tenant", tenant="globex")

    status, body = send("create_run", authorization="Bearer us-other-key-of-a-tenant")

    assert status == 404
    assert "No assistant found" in body["error"]["message"]


@pytest.mark.parametrize("header", ["", "Bearer", "Basic abc", "Bearer us-unknown-key"])
def test_a_request_without_a_valid_key_is_rejected(send: Send, header: str) -> None:
    """401 in OpenAI's error shape."""
    status, body = send("list_assistants", authorization=header)

    assert status == 401
    assert body["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "null",
        "[]",
        '{"model": NaN}',
        '{"model": "a", "model": "b"}',
        '{"model": "\\ud800"}',
        '{"model": "\\u0000"}',
        "[" * 10_000,
        {"model": 7},
        {},
        {"model": "gpt-4o", "nonsense": 1},
        {"model": "gpt-4o", "temperature": 3},
        {"model": "gpt-4o", "metadata": {str(n): "x" for n in range(17)}},
    ],
)
def test_a_body_that_cannot_be_used_is_a_400(send: Send, body: Any) -> None:
    """The error has OpenAI's shape, and nothing is written (F011)."""
    status, answer = send("create_assistant", body)

    assert status == 400
    assert answer["error"].keys() == {"message", "type", "param", "code"}
    assert send("list_assistants")[1]["data"] == []


def test_body_of_5_mb_is_a_413(send: Send) -> None:
    """It is above the limit of every operation."""
    status, _ = send("create_assistant", {"model": "gpt-4o", "instructions": "x" * 5_000_000})

    assert status == 413
