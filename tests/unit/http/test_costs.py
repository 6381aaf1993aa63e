"""The CPU that a rejected body costs: little more than parsing it as JSON."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError
from understudy.domain.assistants import NewAssistant
from understudy.domain.messages import NewMessage
from understudy.domain.new_runs import NewRun
from understudy.domain.threads import NewThread
from understudy.domain.tool_outputs import SubmittedOutputs
from understudy.domain.uploads import UploadEnd
from understudy.domain.vector_stores import NewFileBatch, NewStore, StoreSearch
from understudy.errors import InvalidRequestError
from understudy.http.validation import parse

from tests.unit.http.caller import Answered, Api

FACTOR, FLOOR = 6.0, 0.25
"""A request may take this many times the CPU of parsing its body, and these seconds more."""

NUMBERS = {f"k{number}": number for number in range(150_000)}
THREAD: dict[str, Any] = {"role": "user", "content": "x"}

BODIES: dict[str, tuple[str, Any]] = {
    "metadata": ("/v1/assistants", {"model": "m", "metadata": NUMBERS}),
    "unknown": ("/v1/assistants", {"model": "m", **NUMBERS}),
    "unknown inside": ("/v1/threads", {"messages": [THREAD | NUMBERS]}),
    "metadata of messages": (
        "/v1/threads",
        {"messages": [THREAD | {"metadata": dict(list(NUMBERS.items())[:4000])}] * 32},
    ),
    "tools": ("/v1/assistants", {"model": "m", "tools": [{"type": "function"}] * 100_000}),
    "members of tools": (
        "/v1/assistants",
        {"model": "m", "tools": [{"type": "function", **dict(list(NUMBERS.items())[:900])}] * 120},
    ),
    "files": (
        "/v1/threads",
        {"tool_resources": {"file_search": {"vector_stores": [{"file_ids": [1] * 500_000}]}}},
    ),
    "parts": ("/v1/threads", {"messages": [{"role": "user", "content": [1] * 500_000}]}),
    "schema": (
        "/v1/assistants",
        {
            "model": "m",
            "tools": [{"type": "function", "function": {"name": "f", "parameters": NUMBERS}}],
        },
    ),
    "outputs": ("/v1/threads/t/runs/r/submit_tool_outputs", {"tool_outputs": [1] * 500_000}),
}


def cpu(work: Callable[[], Any]) -> float:
    """Returns the CPU seconds of this process for some work."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def is_cheap(api: Api, path: str, raw: str) -> Answered:
    """Sends a body and checks what it cost, three times at most: other threads cost CPU too."""
    api.post(path, {"warm": "up"})
    answered: list[Answered] = []
    for _ in range(3):
        parsing = cpu(lambda: json.loads(raw))
        spent = cpu(lambda: answered.append(api.call("POST", path, raw=raw)))
        if spent < FACTOR * parsing + FLOOR:
            return answered[-1]
    raise AssertionError(f"{spent:.2f} s of CPU, {parsing:.2f} s for the JSON alone")


@pytest.mark.parametrize("name", BODIES)
def test_rejecting_a_large_body_costs_little_more_than_parsing_it(api: Api, name: str) -> None:
    """Validation stops at the first error, wherever it is."""
    path, body = BODIES[name]

    answered = is_cheap(api, path, json.dumps(body))

    assert answered.status == 400, answered.text[:300]
    assert len(answered.text) < 2000


MODELS: list[tuple[type[BaseModel], dict[str, Any]]] = [
    (NewAssistant, {"model": "m", "metadata": NUMBERS}),
    (NewAssistant, {"model": "m", **NUMBERS}),
    (NewThread, {"messages": [THREAD | NUMBERS] * 32}),
    (NewThread, {"messages": [THREAD | {"metadata": NUMBERS}] * 32}),
    (NewAssistant, {"model": "m", "tools": [{"type": "code_interpreter", **NUMBERS}] * 128}),
    (NewRun, {"assistant_id": "a", "tools": [{"type": "function", "function": NUMBERS}] * 20}),
    (NewRun, {"assistant_id": "a", "additional_messages": [THREAD | NUMBERS] * 32}),
    (NewMessage, {"role": "user", "content": [{"type": "text", **NUMBERS}] * 100}),
    (NewMessage, THREAD | {"attachments": [NUMBERS] * 20}),
    (NewStore, {"file_ids": [1] * 500}),
    (NewFileBatch, {"file_ids": [1] * 2000}),
    (NewFileBatch, {"files": [{"file_id": "f", "attributes": NUMBERS}] * 2000}),
    (StoreSearch, {"query": [1] * 100_000}),
    (UploadEnd, {"part_ids": [1] * 100_000}),
    (SubmittedOutputs, {"tool_outputs": [{"tool_call_id": 1, "output": 1}] * 128}),
]


@pytest.mark.parametrize(("model", "body"), MODELS)
def test_validation_stops_after_few_errors(model: type[BaseModel], body: dict[str, Any]) -> None:
    """pydantic would collect one for every wrong value."""
    with pytest.raises(InvalidRequestError) as caught:
        parse(model, body)

    assert isinstance(caught.value.__cause__, ValidationError)
    assert caught.value.__cause__.error_count() < 20


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_deep_nesting_is_rejected_at_little_cost(api: Api, opening: str) -> None:
    """Every later step would walk through it recursively."""
    closing = "]" if opening == "[" else "}"
    for depth in (150, 900, 500_000):
        nested = opening * depth + "1" + closing * depth
        raw = '{"model": "m", "tools": [{"type": "mcp", "extra": ' + nested + "}]}"
        begun = time.process_time()

        answered = api.call("POST", "/v1/assistants", raw=raw)

        assert answered.status == 400
        assert time.process_time() - begun < 3


def test_the_first_unknown_member_is_named(api: Api) -> None:
    """As if the others were not there."""
    answered = api.post("/v1/threads", {"messages": [THREAD | NUMBERS]})

    assert answered.error["message"] == "Unknown parameter: 'messages[0].k0'."
    assert answered.error["param"] == "messages[0].k0"


def test_too_many_pairs_of_metadata_are_counted(api: Api) -> None:
    """The text has the number that was sent."""
    answered = api.post("/v1/threads", {"metadata": NUMBERS})

    assert answered.error["code"] == "object_above_max_properties"
    assert "an object with 150000 properties" in answered.error["message"]
