"""Driving the stand-in: scripted answers and faults, gates, the clock, the ledgers."""

from __future__ import annotations

import http.client
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import openai
import pytest
from openai import OpenAI

from local.provider.control.client import ControlClient, ControlError
from local.provider.process import ProviderProcess
from tests.local.provider.turns import MODEL, WEATHER, start


def test_answers_are_used_in_the_order_they_were_given(
    client: OpenAI, control: ControlClient
) -> None:
    """Scripts are first in, first out; after them the model answers again."""
    control.script_answer(text="first")
    control.script_answer(text="second")

    texts = [client.responses.create(model=MODEL, input="Hello").output_text for _ in range(3)]

    assert texts == ["first", "second", "Hello! How can I help you?"]


def test_a_script_waits_for_the_request_that_it_is_for(
    client: OpenAI, control: ControlClient
) -> None:
    """Text and metadata pick the request."""
    control.script_answer(text="for run 7", match={"metadata": {"run_id": "7"}})
    control.script_answer(text="for tea", match={"text": "tea"})

    tea = client.responses.create(model=MODEL, input="About tea")
    seven = client.responses.create(model=MODEL, input="Hello", metadata={"run_id": "7"})

    assert (tea.output_text, seven.output_text) == ("for tea", "for run 7")
    assert control.scripts_waiting() == 0


def test_a_failure_can_be_scripted(client: OpenAI, control: ControlClient) -> None:
    """A background response ends failed with the given code."""
    control.script_answer(
        status="failed", error={"code": "rate_limit_exceeded", "message": "Quota"}
    )

    created = start(client)
    control.wait_for_response(created.id, "failed")

    failed = client.responses.retrieve(created.id)
    assert failed.error is not None
    assert (failed.error.code, failed.error.message) == ("rate_limit_exceeded", "Quota")


def test_a_hijacked_model_tries_every_tool(client: OpenAI, control: ControlClient) -> None:
    """Every declared function is called with the given arguments, undeclared ones too."""
    control.script_answer(hijack={"*": {"city": "'; DROP TABLE x"}, "delete_all": {"now": True}})

    response = client.responses.create(model=MODEL, input="Hello", tools=[WEATHER])

    calls = {i.name: json.loads(i.arguments) for i in response.output if i.type == "function_call"}
    assert calls == {"get_weather": {"city": "'; DROP TABLE x"}, "delete_all": {"now": True}}


def test_a_response_that_never_ends_can_still_be_cancelled(
    client: OpenAI, control: ControlClient
) -> None:
    """It stays in progress until somebody cancels it."""
    control.script_answer(never_ends=True)
    created = start(client)
    control.wait_for_response(created.id, "in_progress")

    assert client.responses.cancel(created.id).status == "cancelled"


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
    """The SDK raises the class of the status, headers come along, and nothing is created."""
    control.script_fault(status=status, headers={"retry-after": "7"})

    with pytest.raises(error) as raised:
        client.responses.create(model=MODEL, input="Hello")

    assert raised.value.response.headers["retry-after"] == "7"
    assert control.events(kind="response") == []


@pytest.mark.parametrize(("drop", "created"), [("before", 0), ("after", 1)])
def test_a_dropped_connection_loses_the_request_or_the_answer(
    client: OpenAI, control: ControlClient, drop: Any, created: int
) -> None:
    """Dropped before, nothing happened; dropped after, the response exists all the same."""
    control.script_fault(drop=drop)

    with pytest.raises(openai.APIConnectionError):
        client.responses.create(model=MODEL, input="Hello")

    assert len(control.events(kind="response", action="created")) == created
    assert [request["status"] for request in control.requests()] == [0]


@pytest.mark.parametrize("malformed", ["json", "html", "truncated", "empty"])
def test_a_malformed_body_cannot_be_read(
    process: ProviderProcess, control: ControlClient, malformed: Any
) -> None:
    """The body of the 200 is not a whole JSON object, though the request took effect."""
    control.script_fault(malformed=malformed, processed=True)
    parts = urlsplit(process.base_url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    headers = {"authorization": f"Bearer {process.key}", "content-type": "application/json"}
    connection.request(
        "POST", "/v1/responses", json.dumps({"model": MODEL, "input": "Hello"}), headers
    )
    response = connection.getresponse()

    with pytest.raises((json.JSONDecodeError, http.client.IncompleteRead)):
        json.loads(response.read())
    connection.close()

    assert response.status == 200
    assert len(control.events(kind="response", action="created")) == 1


def test_a_connection_is_kept_for_the_next_request(
    process: ProviderProcess, control: ControlClient
) -> None:
    """Many requests go over one connection, also after one whose body nobody read."""
    parts = urlsplit(process.base_url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    statuses, sockets = [], set()
    for headers in ({}, {"authorization": f"Bearer {process.key}"}, {}):
        connection.request("POST", "/v1/nothing", b"x" * 5000, headers)
        sockets.add(connection.sock)
        response = connection.getresponse()
        response.read()
        statuses.append(response.status)
    connection.close()

    assert statuses == [401, 404, 401]
    assert len(sockets) == 1
    assert [request["method"] for request in control.requests()] == ["POST"] * 3


def test_the_ledger_has_every_request_and_object(client: OpenAI, control: ControlClient) -> None:
    """Requests with method, path, status and body; objects from creation to deletion."""
    created = client.responses.create(model=MODEL, input="Hello", metadata={"run_id": "run_1"})
    client.responses.delete(created.id)

    posted, deleted = control.requests(path="/responses")
    assert (posted["method"], posted["status"]) == ("POST", 200)
    assert json.loads(posted["body"])["metadata"] == {"run_id": "run_1"}
    assert (deleted["method"], deleted["status"]) == ("DELETE", 200)
    assert [e["action"] for e in control.events(object_id=created.id)] == ["created", "deleted"]
    assert "response" not in control.live()


def test_a_wait_that_is_not_met_says_so(control: ControlClient) -> None:
    """After its timeout a wait raises instead of hanging."""
    with pytest.raises(ControlError) as raised:
        control.wait_for_requests(1, timeout=0.05)

    assert raised.value.status == 408


def test_unknown_scripts_and_speeds_are_refused(control: ControlClient) -> None:
    """A typing error in a test does not pass silently."""
    with pytest.raises(ControlError):
        control.set_speeds(workin=1)
    with pytest.raises(ControlError):
        control.script_fault(drop="sometimes")  # type: ignore[arg-type]


def test_many_at_once_all_end(client: OpenAI, control: ControlClient) -> None:
    """A hundred responses from many threads end, each with its own answer."""

    def ask(number: int) -> str:
        created = start(client, f"Reply with exactly 'answer-{number}'")
        control.wait_for_response(created.id, "completed")
        return client.responses.retrieve(created.id).output_text

    with ThreadPoolExecutor(16) as pool:
        texts = list(pool.map(ask, range(100)))

    assert texts == [f"answer-{number}" for number in range(100)]
    control.wait_until_idle()
