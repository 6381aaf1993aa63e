"""Calls of one round are independent of each other."""

import json
import threading
from typing import Any

import pytest

from local.aws.functions import Outcome
from tests.limits import WAIT_SECONDS
from tests.own_tools.calling import EXECUTES, REMOTE, Caller, call
from tests.own_tools.project import STOCK_ARN

SECRETS = ("hunter2", "internal", "RuntimeError", "ValueError", STOCK_ARN)


def code_of(output: str) -> str | None:
    """Returns the error code of an output, or None for a result."""
    told = json.loads(output)
    return str(told["error"]["code"]) if "error" in told else None


def test_failing_tool_affects_its_own_output_only(caller: Caller) -> None:
    """One is late, one raises, one crashes; the other outputs and the run are complete."""
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


def test_exception_text_is_in_no_log(caller: Caller) -> None:
    """The log has class, location and the run's ids; the text may contain secrets."""
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


def test_tool_without_side_effects_is_retried_once(caller: Caller) -> None:
    """After an exception or a crash it is called a second time, not a third."""
    run = caller.start(call("raise_error"), call("end_process"))

    assert caller.ended(run) == "FetchResponse"
    raising, ending = caller.outputs(run)
    assert caller.times(f"raising for {raising}") == 2
    assert caller.times(f"ending for {ending}") == 2


def test_calls_of_one_round_run_concurrently(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each invocation waits for the two others, so that calls in sequence would never end."""
    runtime = caller.stack.aws.runtime
    assert runtime is not None
    invoke, together = runtime.invoke, threading.Barrier(3, timeout=WAIT_SECONDS)

    def invoke_together(function: str, payload: bytes) -> Outcome:
        if runtime.table.find(function).name == EXECUTES:
            together.wait()
        return invoke(function, payload)

    monkeypatch.setattr(runtime, "invoke", invoke_together)

    run = caller.start(*[call("count_stock", pieces=pieces) for pieces in range(3)])

    assert caller.ended(run) == "FetchResponse"
    assert [json.loads(each)["pieces"] for each in caller.outputs(run).values()] == [0, 1, 2]


@pytest.mark.parametrize(
    ("name", "pieces", "code", "times"),
    [
        ("reserve_stock", 101, "tool_failed", 1),
        ("count_stock", 101, "tool_failed", 2),
        ("reserve_slowly", 7, "timeout", 1),
        ("count_slowly", 7, "timeout", 1),
    ],
)
def test_failing_remote_tool_is_retried_only_without_side_effects(
    caller: Caller, name: str, pieces: int, code: str, times: int
) -> None:
    """Its error text stays in its log; a late function is not invoked again."""
    run = caller.start(call(name, pieces=pieces))

    assert caller.ended(run) == "FetchResponse"
    [(call_id, output)] = caller.outputs(run).items()
    assert code_of(output) == code
    assert not any(secret in output for secret in SECRETS)
    assert caller.times(f"{name} {pieces} for {call_id}", REMOTE) == times


def test_the_same_call_is_executed_five_times_in_a_run(caller: Caller) -> None:
    """Further calls get an error instead (F091), in the same round and the next."""
    query: dict[str, Any] = {"sql": "SELECT max(amount) FROM sales"}
    caller.control.script_answer(calls=[call("query_database", **query)] * 4)
    caller.control.script_answer(calls=[call("query_database", **query)] * 3)
    run = caller.start()

    assert caller.ended(run) == "FetchResponse"
    codes = [code_of(output) for output in caller.outputs(run).values()]
    assert sorted(codes, key=str) == [None] * 5 + ["repeated_call"] * 2
    path = caller.paths.of(run.id)
    assert (path.count("ExecuteEachTool"), path.count("ExecuteTool")) == (4, 1)
