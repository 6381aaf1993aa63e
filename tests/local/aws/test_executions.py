"""State machines on the embedded AWS."""

import json
import threading
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.aws.states.history import HistoryEvent

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
    """What a Catch for this error makes of a function's failure."""
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
def test_a_failing_function_is_caught_by_name(
    orders: Orders, event: dict[str, str], error: str
) -> None:
    """The class name of the handler's error, or Lambda's name for a lost process."""
    assert _caught(orders, error, event) == error


def test_a_task_that_takes_too_long_times_out(orders: Orders) -> None:
    """A function works in real time, so the timeout of its task counts real seconds."""
    error = _caught(orders, "States.Timeout", {"do": "wait", "seconds": 1.8}, TimeoutSeconds=1)

    assert error == "States.Timeout"


def test_an_unknown_function_is_an_error_with_a_name(orders: Orders) -> None:
    """Lambda's refusal reaches the machine."""
    machine = orders.machine(
        Try={
            "Type": "Task",
            "Resource": "arn:aws:lambda:us-east-1:123456789012:function:nobody",
            "End": True,
        }
    )

    assert orders.output_of(machine) == "Lambda.ResourceNotFoundException"


def test_states_all_does_not_catch_terminal_errors(orders: Orders) -> None:
    """More than 256 KiB between states ends the execution whatever its Catch says."""
    catch = {"ErrorEquals": ["States.ALL"], "Next": "Done"}
    task = _lambda_task(orders, {"do": "big"}, Catch=[catch])

    ended = orders.end_of(orders.start(orders.machine(Try=task, Done={"Type": "Succeed"})))

    assert (ended["status"], ended["error"]) == ("FAILED", "States.DataLimitExceeded")


def test_states_all_catches_a_failed_query(orders: Orders) -> None:
    """An expression that yields nothing is an error like others."""
    error = _caught(orders, "States.ALL", {"do": "{% $states.input.absent %}"})

    assert error == "States.QueryEvaluationError"


def test_a_retry_waits_on_the_driven_clock(orders: Orders) -> None:
    """Two retries after 10 and 20 s are over in 0.6 s; the error is what is left."""
    retry = {"ErrorEquals": ["OrderRefusedError"], "IntervalSeconds": 10, "MaxAttempts": 2}
    before = orders.aws.clock.now()

    ended = orders.output_of(
        orders.machine(Try=_lambda_task(orders, {"do": "raise"}, Retry=[retry]))
    )

    assert ended == "OrderRefusedError"
    assert 30 <= orders.aws.clock.now() - before < 400


def test_a_wait_can_be_skipped(orders: Orders) -> None:
    """A day passes when the clock is advanced by a day."""
    execution = orders.start(orders.machine(Wait=_LONG_WAIT))
    assert orders.aws.clock.await_alarms(2, 5), "the wait and the machine's timeout"

    orders.aws.clock.advance(86400)

    assert orders.end_of(execution)["status"] == "SUCCEEDED"


def test_a_machine_that_takes_too_long_times_out(orders: Orders) -> None:
    """TimeoutSeconds of the machine end it in the middle of a wait."""
    execution = orders.start(orders.machine(timeout=900, Wait=_LONG_WAIT))
    assert orders.aws.clock.await_alarms(2, 5), "the wait and the machine's timeout"

    orders.aws.clock.advance(901)

    assert orders.end_of(execution)["status"] == "TIMED_OUT"


def test_a_stopped_execution_is_aborted_at_once(orders: Orders) -> None:
    """When StopExecution answers, the execution is over, whatever it waited for."""
    states = orders.client("stepfunctions")
    machine = orders.machine(Wait=_LONG_WAIT)
    execution = orders.start(machine)

    states.stop_execution(executionArn=execution)
    states.stop_execution(executionArn=execution)

    assert states.describe_execution(executionArn=execution)["status"] == "ABORTED"
    assert orders.end_of(execution)["status"] == "ABORTED"


def test_a_stop_is_answered_after_its_status_is_told(
    orders: Orders, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who stops an execution and then waits for quiet waits for what the status sets off too."""
    answered, told = threading.Event(), list[tuple[str, bool]]()

    def slowly(event: dict[str, Any]) -> None:
        told.append((event["detail"]["status"], answered.wait(0.2)))

    monkeypatch.setattr(orders.aws, "on_status_change", slowly)
    execution = orders.start(orders.machine(Wait=_LONG_WAIT))

    orders.client("stepfunctions").stop_execution(executionArn=execution)
    answered.set()

    assert told == [("RUNNING", False), ("ABORTED", False)]


def test_a_map_passes_over_its_items_in_order(orders: Orders) -> None:
    """Items and ItemSelector are expressions; outputs keep the order; no items is no error."""
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


def test_an_execution_tells_every_step(orders: Orders) -> None:
    """History events name the execution and the state that they belong to."""
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


def test_a_status_change_is_an_event_as_eventbridge_has_it(orders: Orders) -> None:
    """RUNNING first, then the end, with input, output, error and cause."""
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
def test_an_illegal_name_is_refused(orders: Orders, name: str) -> None:
    """As AWS documents for StartExecution."""
    with pytest.raises(ClientError, match="InvalidName"):
        orders.start(name=name)


def test_a_name_is_good_for_one_execution(orders: Orders) -> None:
    """With the same input it is the same execution while it runs; with another it is refused."""
    machine = orders.machine(Wait=_LONG_WAIT)
    first = orders.start(machine, name="only-once", n=1)

    assert orders.start(machine, name="only-once", n=1) == first
    with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
        orders.start(machine, name="only-once", n=2)

    orders.client("stepfunctions").stop_execution(executionArn=first)


def test_events_that_a_state_puts_reach_the_listener(orders: Orders) -> None:
    """An execution that nobody rings puts an event on the bus."""
    put: list[dict[str, Any]] = []
    orders.aws.on_put_events = put.extend

    output = json.loads(orders.end_of(orders.start(customer="Ada"))["output"])

    assert output["rung"] == "nobody"
    assert put[0]["EventBusName"] == orders.deployment.physical_ids["Bus"]
    assert json.loads(put[0]["Detail"]) == {"name": "Ada"}
