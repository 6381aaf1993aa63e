"""Where the calls of a turn go."""

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
    """A call as the model made it."""
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
def test_a_declared_function_goes_where_it_belongs(
    name: str, runs_on: RunsOn, status: CallStatus
) -> None:
    """To us, to an approver first, or to the client."""
    found = placed(call(name), CONFIG)

    assert (found.runs_on, found.status, found.output) == (runs_on, status, None)


@pytest.mark.parametrize("name", ["get_table_schema", "drop_everything", "Query_database", ""])
def test_a_function_that_was_not_declared_is_nobodys(name: str) -> None:
    """Even if the key may run it: the model has an error at once (F070)."""
    found = placed(call(name), CONFIG)

    assert (found.runs_on, found.status, found.failed) == (RunsOn.SERVER, CallStatus.DONE, True)
    assert json.loads(found.output or "")["error"]["code"] == "unknown_tool"


def ours(arguments: str) -> ToolCall:
    return call("query_database", arguments, RunsOn.SERVER)


def test_equal_calls_are_counted_over_the_rounds() -> None:
    """Blanks and the order of the arguments do not make another call (F091)."""
    earlier = [ours('{"sql": "SELECT 1", "n": 2}')] * (MAX_EQUAL_CALLS - 1)

    kept = without_repeats([ours('{"n":2,"sql":"SELECT 1"}')] * 2 + [ours("{}")], earlier)

    assert [each.output is None for each in kept] == [True, False, True]
    assert json.loads(kept[1].output or "")["error"]["code"] == "repeated_call"


def test_what_the_client_repeats_is_its_own_business() -> None:
    """Its calls are neither counted nor refused."""
    theirs = [call("book_meeting")] * (MAX_EQUAL_CALLS + 3)

    assert without_repeats(theirs, theirs) == theirs


@pytest.mark.parametrize("arguments", ["no json", "[" * 100_000])
def test_arguments_that_cannot_be_read_are_compared_as_text(arguments: str) -> None:
    """They are refused when they are executed, but not for ever."""
    kept = without_repeats([ours(arguments)] * (MAX_EQUAL_CALLS + 1), [])

    assert [each.output is None for each in kept] == [True] * MAX_EQUAL_CALLS + [False]
