"""Controlling the fake provider: scripted answers and faults, ledgers, waits."""

from __future__ import annotations

import http.client
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import openai
import pytest
from openai import OpenAI
from pydantic import ValidationError

from local.provider.control import ControlClient, WaitTimeoutError
from local.provider.server import FakeProvider
from tests.limits import WAIT_SECONDS
from tests.local.provider.turns import MODEL, WEATHER, start


def test_scripted_answers_are_used_in_order(client: OpenAI, control: ControlClient) -> None:
    """After the last one the test model answers again."""
    control.script_answer(text="first")
    control.script_answer(text="second")

    texts = [client.responses.create(model=MODEL, input="Hello").output_text for _ in range(3)]

    assert texts == ["first", "second", "You said: Hello"]


def test_script_is_used_by_matching_request(client: OpenAI, control: ControlClient) -> None:
    """By text or by metadata."""
    control.script_answer(text="for run 7", match={"metadata": {"run_id": "7"}})
    control.script_answer(text="for tea", match={"text": "tea"})

    tea = client.responses.create(model=MODEL, input="About tea")
    seven = client.responses.create(model=MODEL, input="Hello", metadata={"run_id": "7"})

    assert (tea.output_text, seven.output_text) == ("for tea", "for run 7")
    assert control.scripts_waiting() == 0


def test_failed_response_can_be_scripted(client: OpenAI, control: ControlClient) -> None:
    control.script_answer(
        status="failed", error={"code": "rate_limit_exceeded", "message": "Quota"}
    )

    created = start(client)
    control.wait_for_response(created.id, "failed")

    failed = client.responses.retrieve(created.id)
    assert failed.error is not None
    assert (failed.error.code, failed.error.message) == ("rate_limit_exceeded", "Quota")


def test_hijacked_model_calls_every_function(client: OpenAI, control: ControlClient) -> None:
    """Declared or not, with the given arguments."""
    control.script_answer(hijack={"*": {"city": "'; DROP TABLE x"}, "delete_all": {"now": True}})

    response = client.responses.create(model=MODEL, input="Hello", tools=[WEATHER])

    calls = {i.name: json.loads(i.arguments) for i in response.output if i.type == "function_call"}
    assert calls == {"get_weather": {"city": "'; DROP TABLE x"}, "delete_all": {"now": True}}


def test_response_that_never_ends_can_be_cancelled(client: OpenAI, control: ControlClient) -> None:
    control.script_answer(never_ends=True)
    created = start(client)
    control.wait_for_response(created.id, "in_progress")

    assert client.responses.cancel(created.id).status == "cancelled"


def test_cancelled_response_has_the_text_that_was_written(
    client: OpenAI, control: ControlClient
) -> None:
    control.script_answer(never_ends=True, written="Once upon")
    created = start(client)
    control.wait_for_response(created.id, "in_progress")

    client.responses.cancel(created.id)

    found = client.responses.retrieve(created.id)
    assert (found.status, found.output_text) == ("cancelled", "Once upon")


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, openai.BadRequestError),
        (429, openai.RateLimitError),
        (500, openai.InternalServerError),
        (503, openai.InternalServerError),
    ],
)
def test_http_errors_can_be_scripted(
    client: OpenAI, control: ControlClient, status: int, error: type[openai.APIStatusError]
) -> None:
    """The SDK raises the class of the status, and nothing is created."""
    control.script_fault(status=status, headers={"retry-after": "7"})

    with pytest.raises(error) as raised:
        client.responses.create(model=MODEL, input="Hello")

    assert raised.value.response.headers["retry-after"] == "7"
    assert control.events(kind="response") == []


@pytest.mark.parametrize(("drop", "created"), [("before", 0), ("after", 1)])
def test_dropped_connection_loses_request_or_response(
    client: OpenAI, control: ControlClient, drop: Any, created: int
) -> None:
    """Dropped before, nothing is created; dropped after, the response exists."""
    control.script_fault(drop=drop)

    with pytest.raises(openai.APIConnectionError):
        client.responses.create(model=MODEL, input="Hello")

    assert len(control.events(kind="response", action="created")) == created
    assert [request["status"] for request in control.requests()] == [0]


@pytest.mark.parametrize("malformed", ["json", "html", "truncated", "empty"])
def test_malformed_body_cannot_be_parsed(
    server: FakeProvider, control: ControlClient, malformed: Any
) -> None:
    """The status is 200, and the request took effect."""
    control.script_fault(malformed=malformed, processed=True)
    parts = urlsplit(server.base_url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=WAIT_SECONDS)
    headers = {"authorization": f"Bearer {server.key}", "content-type": "application/json"}
    connection.request(
        "POST", "/v1/responses", json.dumps({"model": MODEL, "input": "Hello"}), headers
    )
    response = connection.getresponse()

    with pytest.raises((json.JSONDecodeError, http.client.IncompleteRead)):
        json.loads(response.read())
    connection.close()

    assert response.status == 200
    assert len(control.events(kind="response", action="created")) == 1


def test_connection_is_kept_open(server: FakeProvider, control: ControlClient) -> None:
    """Also after a request whose body was not read."""
    parts = urlsplit(server.base_url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=WAIT_SECONDS)
    statuses, sockets = [], set()
    for headers in ({}, {"authorization": f"Bearer {server.key}"}, {}):
        connection.request("POST", "/v1/nothing", b"x" * 5000, headers)
        sockets.add(connection.sock)
        response = connection.getresponse()
        response.read()
        statuses.append(response.status)
    connection.close()

    assert statuses == [401, 404, 401]
    assert len(sockets) == 1
    assert [request["method"] for request in control.requests()] == ["POST"] * 3


def test_ledger_records_requests_and_objects(client: OpenAI, control: ControlClient) -> None:
    """Requests with method, path, status and body; objects from creation to deletion."""
    created = client.responses.create(model=MODEL, input="Hello", metadata={"run_id": "run_1"})
    client.responses.delete(created.id)

    posted, deleted = control.requests(path="/responses")
    assert (posted["method"], posted["status"]) == ("POST", 200)
    assert json.loads(posted["body"])["metadata"] == {"run_id": "run_1"}
    assert (deleted["method"], deleted["status"]) == ("DELETE", 200)
    assert [e["action"] for e in control.events(object_id=created.id)] == ["created", "deleted"]
    assert "response" not in control.live()


def test_wait_raises_after_its_timeout(control: ControlClient) -> None:
    with pytest.raises(WaitTimeoutError):
        control.wait_for_parked(1, timeout=0.05)


def test_unknown_scripts_and_speeds_are_refused(control: ControlClient) -> None:
    """A typing error in a test raises an exception."""
    with pytest.raises(ValueError, match="workin"):
        control.set_speeds(workin=1)
    with pytest.raises(ValidationError, match="txet"):
        control.script_answer(txet="Hello")
    with pytest.raises(ValidationError, match="drop"):
        control.script_fault(drop="sometimes")
    assert control.scripts_waiting() == 0


def test_hundred_concurrent_responses_all_end(client: OpenAI, control: ControlClient) -> None:
    """Each with its own answer."""

    def ask(number: int) -> str:
        created = start(client, f"Reply with exactly 'answer-{number}'")
        control.wait_for_response(created.id, "completed")
        return client.responses.retrieve(created.id).output_text

    with ThreadPoolExecutor(16) as pool:
        texts = list(pool.map(ask, range(100)))

    assert texts == [f"answer-{number}" for number in range(100)]
    control.wait_until_idle()
