"""Decides what executes the calls of a round."""

import json

import pytest
from understudy.domain.placed_calls import MAX_EQUAL_CALLS, placed, without_repeats
from understudy.domain.runs import RunConfig
from understudy.domain.tools import (
    CallStatus,
    FunctionDefinition,
    FunctionTool,
    RunsOn,
    ToolCall,
)

DECLARED = ("query_database", "send_invoice", "book_meeting")
CONFIG = RunConfig(
    model="gpt-6-luna",
    instructions="",
    tools=[
        FunctionTool(type="function", function=FunctionDefinition(name=name)) for name in DECLARED
    ],
    server_tools=["query_database", "send_invoice", "get_table_schema"],
    approval_tools=["send_invoice"],
)


def call(name: str, arguments: str = "{}", runs_on: RunsOn = RunsOn.CLIENT) -> ToolCall:
    """Returns a call as the model made it."""
    ids = {"call_id": "c", "tenant": "t", "thread_id": "th", "run_id": "r", "step_id": "s"}
    return ToolCall(name=name, arguments=arguments, round=0, position=0, runs_on=runs_on, **ids)


@pytest.mark.parametrize(
    ("name", "runs_on", "status"),
    [
        ("query_database", RunsOn.SERVER, CallStatus.PENDING),
        ("send_invoice", RunsOn.SERVER, CallStatus.AWAITING_APPROVAL),
        ("book_meeting", RunsOn.CLIENT, CallStatus.PENDING),
    ],
)
def test_declared_function_is_placed_on_server_or_client(
    name: str, runs_on: RunsOn, status: CallStatus
) -> None:
    """A server-side tool may need an approval first."""
    found = placed(call(name), CONFIG)

    assert (found.runs_on, found.status, found.output) == (runs_on, status, None)


@pytest.mark.parametrize("name", ["get_table_schema", "drop_everything", "Query_database", ""])
def test_undeclared_function_gets_an_error_output(name: str) -> None:
    """Even if the key permits the tool (F070)."""
    found = placed(call(name), CONFIG)

    assert (found.runs_on, found.status, found.failed) == (RunsOn.SERVER, CallStatus.DONE, True)
    assert json.loads(found.output or "")["error"]["code"] == "unknown_tool"


def ours(arguments: str) -> ToolCall:
    return call("query_database", arguments, RunsOn.SERVER)


def test_equal_calls_of_all_rounds_are_counted() -> None:
    """Whitespace and the order of the arguments make no difference (F091)."""
    earlier = [ours('{"sql": "SELECT 1", "n": 2}')] * (MAX_EQUAL_CALLS - 1)

    kept = without_repeats([ours('{"n":2,"sql":"SELECT 1"}')] * 2 + [ours("{}")], earlier)

    assert [each.output is None for each in kept] == [True, False, True]
    assert json.loads(kept[1].output or "")["error"]["code"] == "repeated_call"


def test_repeated_client_calls_are_allowed() -> None:
    """They are neither counted nor rejected."""
    theirs = [call("book_meeting")] * (MAX_EQUAL_CALLS + 3)

    assert without_repeats(theirs, theirs) == theirs


@pytest.mark.parametrize("arguments", ["no json", "[" * 100_000])
def test_invalid_arguments_are_compared_as_text(arguments: str) -> None:
    """Such calls are limited too."""
    kept = without_repeats([ours(arguments)] * (MAX_EQUAL_CALLS + 1), [])

    assert [each.output is None for each in kept] == [True] * MAX_EQUAL_CALLS + [False]
