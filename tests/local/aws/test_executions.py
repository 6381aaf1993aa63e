"""State machines on local AWS."""

import json
import threading
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.aws.states.history import HistoryEvent
from tests.limits import BRIEFLY, WAIT_SECONDS

from .conftest import Orders

_LONG_WAIT = {"Type": "Wait", "Seconds": 86400, "End": True}


def _lambda_task(orders: Orders, event: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": orders.arn("MisbehaveFunction"),
        "Arguments": event,
        "End": True,
        **more,
    }


def _caught(orders: Orders, error: str, event: dict[str, Any], **more: Any) -> Any:
    """Returns the error that a Catch for this name catches."""
    catch = {"ErrorEquals": [error], "Output": "{% $states.errorOutput.Error %}", "Next": "Done"}
    task = _lambda_task(orders, event, Catch=[catch], **more)
    return orders.output_of(orders.machine(Try=task, Done={"Type": "Succeed"}))


@pytest.mark.parametrize(
    ("event", "error"),
    [
        ({"do": "raise"}, "OrderRefusedError"),
        ({"do": "exit"}, "Runtime.ExitError"),
        ({"do": "hang"}, "Sandbox.Timedout"),
    ],
)
def test_failing_function_is_caught_by_name(
    orders: Orders, event: dict[str, str], error: str
) -> None:
    """The name is the class of the handler's error, or Lambda's own for a dead process."""
    assert _caught(orders, error, event) == error


def test_slow_task_times_out(orders: Orders) -> None:
    """A function runs in real time, so the timeout of its task counts real seconds."""
    error = _caught(orders, "States.Timeout", {"do": "hang"}, TimeoutSeconds=1)

    assert error == "States.Timeout"


def test_unknown_function_is_a_named_error(orders: Orders) -> None:
    """The machine can catch Lambda's refusal."""
    machine = orders.machine(
        Try={
            "Type": "Task",
            "Resource": "arn:aws:lambda:us-east-1:123456789012:function:unknown",
            "End": True,
        }
    )

    assert orders.output_of(machine) == "Lambda.ResourceNotFoundException"


def test_states_all_does_not_catch_terminal_errors(orders: Orders) -> None:
    """More than 256 KiB between states ends the execution in spite of a Catch."""
    catch = {"ErrorEquals": ["States.ALL"], "Next": "Done"}
    task = _lambda_task(orders, {"do": "big"}, Catch=[catch])

    ended = orders.end_of(orders.start(orders.machine(Try=task, Done={"Type": "Succeed"})))

    assert (ended["status"], ended["error"]) == ("FAILED", "States.DataLimitExceeded")


def test_states_all_catches_failed_query(orders: Orders) -> None:
    """An expression without a result is an error like others."""
    error = _caught(orders, "States.ALL", {"do": "{% $states.input.absent %}"})

    assert error == "States.QueryEvaluationError"


def test_retry_waits_on_virtual_clock(orders: Orders) -> None:
    """Two retries after 10 and 20 s take 0.6 s; then the execution fails with the error."""
    retry = {"ErrorEquals": ["OrderRefusedError"], "IntervalSeconds": 10, "MaxAttempts": 2}
    before = orders.aws.clock.now()

    ended = orders.output_of(
        orders.machine(Try=_lambda_task(orders, {"do": "raise"}, Retry=[retry]))
    )

    assert ended == "OrderRefusedError"
    assert 30 <= orders.aws.clock.now() - before < 400


def test_wait_can_be_skipped(orders: Orders) -> None:
    """Advancing the clock by a day ends a wait of a day."""
    execution = orders.start(orders.machine(Wait=_LONG_WAIT))
    assert orders.aws.clock.await_alarms(2, WAIT_SECONDS), "the wait and the machine's timeout"

    orders.aws.clock.advance(86400)

    assert orders.end_of(execution)["status"] == "SUCCEEDED"


def test_slow_machine_times_out(orders: Orders) -> None:
    """The machine's TimeoutSeconds end it in the middle of a wait."""
    execution = orders.start(orders.machine(timeout=900, Wait=_LONG_WAIT))
    assert orders.aws.clock.await_alarms(2, WAIT_SECONDS), "the wait and the machine's timeout"

    orders.aws.clock.advance(901)

    assert orders.end_of(execution)["status"] == "TIMED_OUT"


def test_stopped_execution_is_aborted_at_once(orders: Orders) -> None:
    """When StopExecution responds, the execution has ended in the middle of its wait."""
    states = orders.client("stepfunctions")
    machine = orders.machine(Wait=_LONG_WAIT)
    execution = orders.start(machine)

    states.stop_execution(executionArn=execution)
    states.stop_execution(executionArn=execution)

    assert states.describe_execution(executionArn=execution)["status"] == "ABORTED"
    assert orders.end_of(execution)["status"] == "ABORTED"


def test_stop_responds_after_status_was_reported(
    orders: Orders, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A test that stops an execution and then drains the events drains the status event too."""
    responded, reported = threading.Event(), list[tuple[str, bool]]()

    def slowly(event: dict[str, Any]) -> None:
        reported.append((event["detail"]["status"], responded.wait(BRIEFLY)))

    monkeypatch.setattr(orders.aws, "on_status_change", slowly)
    execution = orders.start(orders.machine(Wait=_LONG_WAIT))

    orders.client("stepfunctions").stop_execution(executionArn=execution)
    responded.set()

    assert reported == [("RUNNING", False), ("ABORTED", False)]


def test_map_keeps_order_of_items(orders: Orders) -> None:
    """Items and ItemSelector are expressions; an empty list is not an error."""
    letter = {
        "Type": "Pass",
        "Output": "{% $states.input.letter & $string($states.input.index) %}",
        "End": True,
    }
    each = {
        "Type": "Map",
        "Items": "{% $states.input.letters %}",
        "MaxConcurrency": 2,
        "ItemSelector": {
            "letter": "{% $states.context.Map.Item.Value %}",
            "index": "{% $states.context.Map.Item.Index %}",
        },
        "ItemProcessor": {"StartAt": "Letter", "States": {"Letter": letter}},
        "End": True,
    }
    machine = orders.machine(Each=each)

    assert orders.output_of(machine, letters=list("abcde")) == ["a0", "b1", "c2", "d3", "e4"]
    assert orders.output_of(machine, letters=[]) == []


def test_listener_gets_every_history_event(orders: Orders) -> None:
    """Each event has its execution and its state."""
    seen: list[HistoryEvent] = []
    orders.aws.on_history = seen.append
    execution = orders.start(orders.machine(Try=_lambda_task(orders, {"do": "nothing"})))
    orders.end_of(execution)

    steps = [(event.type, event.state) for event in seen if event.execution_arn == execution]

    assert steps == [
        ("ExecutionStarted", None),
        ("TaskStateEntered", "Try"),
        ("LambdaFunctionScheduled", "Try"),
        ("LambdaFunctionStarted", "Try"),
        ("LambdaFunctionSucceeded", "Try"),
        ("TaskStateExited", "Try"),
        ("ExecutionSucceeded", "Try"),
    ]


def test_status_change_has_format_of_eventbridge(orders: Orders) -> None:
    """First RUNNING, then the end, with input, output, error and cause."""
    failing = orders.machine(End={"Type": "Fail", "Error": "Sold", "Cause": "out"})
    execution = orders.start(failing, n=1)
    orders.end_of(execution)

    events = [each for each in orders.statuses if each["resources"] == [execution]]

    assert [event["detail"]["status"] for event in events] == ["RUNNING", "FAILED"]
    assert events[1]["source"] == "aws.states"
    assert events[1]["detail-type"] == "Step Functions Execution Status Change"
    detail = events[1]["detail"]
    assert (detail["error"], detail["cause"], detail["input"]) == ("Sold", "out", '{"n": 1}')
    assert detail["stopDate"] >= detail["startDate"]


@pytest.mark.parametrize("name", ["two words", "a/b", "a:b", "x" * 81, "ünder*"])
def test_illegal_name_is_refused(orders: Orders, name: str) -> None:
    """The rule of StartExecution."""
    with pytest.raises(ClientError, match="InvalidName"):
        orders.start(name=name)


def test_name_belongs_to_one_execution(orders: Orders) -> None:
    """A start with the same input returns the running execution; another input is refused."""
    machine = orders.machine(Wait=_LONG_WAIT)
    first = orders.start(machine, name="only-once", n=1)

    assert orders.start(machine, name="only-once", n=1) == first
    with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
        orders.start(machine, name="only-once", n=2)

    orders.client("stepfunctions").stop_execution(executionArn=first)


def test_events_of_states_reach_listener(orders: Orders) -> None:
    """An execution whose wait times out puts an event on the bus."""
    put: list[dict[str, Any]] = []
    orders.aws.on_put_events = put.extend

    output = json.loads(orders.end_of(orders.start(customer="Ada"))["output"])

    assert output["woken_by"] == "timeout"
    assert put[0]["EventBusName"] == "default"
    assert json.loads(put[0]["Detail"]) == {"name": "Ada"}
