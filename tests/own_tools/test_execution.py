"""Calls of one turn: each on its own, whatever its neighbours do."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from local.aws.states.history import HistoryEvent
from tests.own_tools.calling import REMOTE, Caller, call
from tests.own_tools.project import STOCK_ARN

SECRETS = ("hunter2", "internal", "RuntimeError", "ValueError", STOCK_ARN)


def code_of(output: str) -> str | None:
    """The code of an error that the model was told, None for a result."""
    told = json.loads(output)
    return str(told["error"]["code"]) if "error" in told else None


def test_a_bad_tool_costs_its_own_output_and_nothing_else(caller: Caller) -> None:
    """One is late, one raises, one dies; their neighbours' outputs and the run are whole."""
    run = caller.start(
        call("wait_too_long"),
        call("raise_error"),
        call("end_process"),
        call("count_stock", pieces=3),
        call("query_database", sql="SELECT count(*) AS n FROM customers"),
    )

    assert caller.ended(run) == "FetchResponse"
    outputs = list(caller.outputs(run).values())
    codes = [code_of(output) for output in outputs]
    assert codes == ["timeout", "tool_failed", "tool_failed", None, None]
    assert json.loads(outputs[3]) == {"pieces": 3, "tenant": "local"}
    assert caller.given_to_model() == outputs
    assert not any(secret in output for output in outputs for secret in SECRETS)


def test_what_a_tool_raises_is_in_no_log(caller: Caller) -> None:
    """Only its class and its place are, with the ids of the run: its text may hold anything."""
    run = caller.start(call("raise_error"))
    assert caller.ended(run) == "FetchResponse"

    assert caller.stack.aws.runtime is not None
    log = caller.stack.aws.runtime.logs("ExecuteToolFunction")
    failures = [line for line in log.splitlines() if '"tool_failed"' in line and run.id in line]
    logged = json.loads(failures[0])
    assert (logged["tool"], logged["error"]) == ("raise_error", "RuntimeError")
    assert any("raise_error.py" in place for place in logged["where"])
    assert {"tenant", "thread_id", "request_id"} <= logged.keys()
    assert "hunter2" not in log


def test_what_may_be_repeated_is_tried_twice(caller: Caller) -> None:
    """A tool without side effects that raised or died is called once more, and no more."""
    run = caller.start(call("raise_error"), call("end_process"))

    assert caller.ended(run) == "FetchResponse"
    raising, ending = caller.outputs(run)
    assert caller.times(f"raising for {raising}") == 2
    assert caller.times(f"ending for {ending}") == 2


def test_the_calls_of_a_turn_run_at_the_same_time(caller: Caller) -> None:
    """All are begun before the first is done."""
    seen: list[str] = []
    listen: Callable[[HistoryEvent], None] = caller.stack.aws.on_history

    def note(event: HistoryEvent) -> None:
        if event.state == "ExecuteTool" and event.type in ("TaskStateEntered", "TaskStateExited"):
            seen.append(event.type)
        listen(event)

    caller.stack.aws.on_history = note

    run = caller.start(*[call("take_a_moment")] * 3)

    assert caller.ended(run) == "FetchResponse"
    assert seen == ["TaskStateEntered"] * 3 + ["TaskStateExited"] * 3


@pytest.mark.parametrize(
    ("name", "pieces", "code", "times"),
    [
        ("reserve_stock", 101, "tool_failed", 1),
        ("count_stock", 101, "tool_failed", 2),
        ("reserve_stock", 77, "timeout", 1),
        ("count_stock", 77, "timeout", 1),
    ],
)
def test_another_lambda_that_fails_is_repeated_only_without_side_effects(
    caller: Caller, name: str, pieces: int, code: str, times: int
) -> None:
    """What it says of its failure stays in its log; a late one is not asked again."""
    run = caller.start(call(name, pieces=pieces))

    assert caller.ended(run) == "FetchResponse"
    [(call_id, output)] = caller.outputs(run).items()
    assert code_of(output) == code
    assert not any(secret in output for secret in SECRETS)
    assert caller.times(f"{name} {pieces} for {call_id}", REMOTE) == times


def test_the_same_call_is_executed_five_times_in_a_run(caller: Caller) -> None:
    """From the sixth on the model is told to use what it has (F091), in one turn and the next."""
    query: dict[str, Any] = {"sql": "SELECT max(amount) FROM sales"}
    caller.control.script_answer(calls=[call("query_database", **query)] * 4)
    caller.control.script_answer(calls=[call("query_database", **query)] * 3)
    run = caller.start()

    assert caller.ended(run) == "FetchResponse"
    codes = [code_of(output) for output in caller.outputs(run).values()]
    assert sorted(codes, key=str) == [None] * 5 + ["repeated_call"] * 2
    assert caller.paths.of(run.id).count("ExecuteTool") == 5
