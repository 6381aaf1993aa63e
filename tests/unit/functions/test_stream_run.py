"""The function of the streaming routes, without its runtime."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from understudy.services import Services

from functions.stream_run.app import handler
from tests.fakes.executions import RecordedExecutions
from tests.unit import stage

Call = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def call(services: Services, load_event: Callable[[str, str], Any]) -> Call:
    """Sends the sample request with changes of its body; returns status and JSON."""
    stage.put_key(services)
    stage.put_assistant(services)
    stage.put_thread(services, "Hello")

    def sent(**changes: Any) -> tuple[int, dict[str, Any]]:
        event = load_event("stream_run", "create_run")
        event["body"] = json.dumps(json.loads(event["body"]) | changes)
        response = handler(event, stage.Context(), services)
        assert response.headers["Content-Type"] == "application/json"
        return response.status, json.loads(b"".join(response.body))

    return sent


def test_run_without_stream_is_created_as_json(executions: RecordedExecutions, call: Call) -> None:
    """The same route serves clients that poll."""
    status, run = call()

    assert (status, run["object"], run["status"]) == (200, "thread.run", "queued")
    assert executions.started == [run["id"]]


def test_rejected_request_has_the_error_of_the_api(call: Call) -> None:
    status, body = call(assistant_id="asst_unknown")

    assert (status, body["error"]["type"]) == (404, "invalid_request_error")
