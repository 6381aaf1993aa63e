"""EventBridge: rules, targets, and what tests can read."""

import json
import threading
from typing import Any

import pytest

from tests.local.events.conftest import Aws, Listen
from tests.local.events.stack import Functions, deployment, function_arn


def _rule(pattern: dict[str, Any], **changes: Any) -> dict[str, Any]:
    targets = [{"Id": "1", "Arn": function_arn("CloseRun")}]
    properties = {"EventPattern": pattern, "Targets": targets}
    return {"Type": "AWS::Events::Rule", "Properties": properties | changes}


_ENDED = {
    "source": ["aws.states"],
    "detail-type": ["Step Functions Execution Status Change"],
    "detail": {"status": ["FAILED", "TIMED_OUT", "ABORTED"]},
}


def _status(status: str) -> dict[str, Any]:
    return {
        "source": "aws.states",
        "detail-type": "Step Functions Execution Status Change",
        "detail": {"status": status, "name": "run_1"},
    }


def test_a_matching_event_reaches_the_rules_function(listen: Listen) -> None:
    """The function gets the whole event, with id, time, account and region."""
    functions = Functions()
    sources = listen(deployment("CloseRun", resources={"Rule": _rule(_ENDED)}), functions)

    sources.emit(_status("SUCCEEDED"))
    sources.emit(_status("ABORTED"))
    sources.drain(10)

    [event] = functions.events
    assert event["detail"] == {"status": "ABORTED", "name": "run_1"}
    assert (event["account"], event["region"]) == ("123456789012", "us-east-1")
    assert event["version"] == "0"
    assert event["time"].endswith("Z")
    assert event["resources"] == []
    assert len(event["id"]) == 36


def test_put_events_through_boto3_reaches_the_rules(listen: Listen, aws: Aws) -> None:
    """What a function or a state machine puts on a bus is matched there and nowhere else."""
    aws.client("events").create_event_bus(Name="runs")
    resources = {
        "OnRuns": _rule({"source": ["understudy"]}, EventBusName="runs"),
        "OnDefault": _rule({"source": ["understudy"]}),
    }
    functions = Functions()
    listening = listen(deployment("CloseRun", resources=resources), functions)
    entry = {
        "Source": "understudy",
        "DetailType": "Run Ended",
        "Detail": json.dumps({"run_id": "run_1"}),
        "Resources": ["arn:aws:states:x"],
    }

    aws.client("events").put_events(Entries=[entry | {"EventBusName": "runs"}])
    aws.client("events").put_events(Entries=[entry | {"Detail": "not json"}])
    listening.drain(10)

    [event] = functions.events
    assert event["detail"] == {"run_id": "run_1"}
    assert event["detail-type"] == "Run Ended"
    assert event["resources"] == ["arn:aws:states:x"]
    assert listening.seen() == [event]


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ({"Input": '{"fixed": 1}'}, {"fixed": 1}),
        ({"InputPath": "$.detail"}, {"status": "FAILED", "name": "run_1"}),
    ],
)
def test_a_target_can_choose_its_input(
    listen: Listen, target: dict[str, Any], expected: Any
) -> None:
    """A constant, or one part of the event, is what the function gets."""
    functions = Functions()
    rule = _rule(_ENDED, Targets=[{"Id": "1", "Arn": function_arn("CloseRun")} | target])
    sources = listen(deployment("CloseRun", resources={"Rule": rule}), functions)

    sources.emit(_status("FAILED"))
    sources.drain(10)

    assert functions.events == [expected]


def test_a_queue_can_be_a_target(listen: Listen, aws: Aws) -> None:
    """The message is the event."""
    queue = aws.queue()
    rule = _rule(_ENDED, Targets=[{"Id": "1", "Arn": queue}])
    sources = listen(deployment("CloseRun", resources={"Rule": rule}), Functions())

    sources.emit(_status("FAILED"))

    assert [body["detail"]["status"] for body, _ in aws.messages(queue)] == ["FAILED"]


def test_a_disabled_rule_is_silent(listen: Listen) -> None:
    """State DISABLED in the template means that nothing is delivered."""
    functions = Functions()
    rule = _rule(_ENDED, State="DISABLED")
    sources = listen(deployment("CloseRun", resources={"Rule": rule}), functions)

    sources.emit(_status("FAILED"))
    sources.drain(10)

    assert functions.events == []


def test_targets_that_are_not_served_are_named(
    listen: Listen, caplog: pytest.LogCaptureFixture
) -> None:
    """A log group as a target is skipped, and the start says so."""
    log_group = "arn:aws:logs:us-east-1:123456789012:log-group:/x"
    rule = _rule(_ENDED, Targets=[{"Id": "1", "Arn": log_group}])
    sources = listen(deployment("CloseRun", resources={"Rule": rule}), Functions())

    sources.emit(_status("FAILED"))

    assert sources.buses.skipped == (f"Rule -> {log_group}",)
    assert log_group in caplog.text


def test_events_can_be_read_and_waited_for(listen: Listen) -> None:
    """The last events stay readable by kind; waiting ends when there are enough."""
    sources = listen(deployment("CloseRun"), Functions())
    run_ended = {"source": "understudy", "detail-type": "Run Ended", "detail": {}}
    late = threading.Timer(0.01, lambda: sources.emit(run_ended))

    sources.emit(_status("FAILED"))
    late.start()
    [event] = sources.buses.wait_for("Run Ended", 10)
    late.join()

    assert sources.seen(detail_type="Run Ended") == [event]
    assert [seen["source"] for seen in sources.seen()] == ["aws.states", "understudy"]
    with pytest.raises(TimeoutError, match="no 2 events 'Run Ended'"):
        sources.buses.wait_for("Run Ended", 0.01, count=2)
