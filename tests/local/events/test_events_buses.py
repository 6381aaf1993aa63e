"""EventBridge: rules, and the events that tests can read."""

import json
import threading
from typing import Any

import pytest

from local.events import UnsupportedSourceError
from tests.limits import WAIT_SECONDS
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


def test_matching_event_invokes_function_of_rule(listen: Listen) -> None:
    """The function gets the whole event, with id, time, account and region."""
    functions = Functions()
    sources = listen(deployment("CloseRun", resources={"Rule": _rule(_ENDED)}), functions)

    sources.emit(_status("SUCCEEDED"))
    sources.emit(_status("ABORTED"))
    sources.drain(WAIT_SECONDS)

    [event] = functions.events
    assert event["detail"] == {"status": "ABORTED", "name": "run_1"}
    assert (event["account"], event["region"]) == ("123456789012", "us-east-1")
    assert event["version"] == "0"
    assert event["time"].endswith("Z")
    assert event["resources"] == []
    assert len(event["id"]) == 36


def test_events_put_through_boto3_reach_rules(listen: Listen, aws: Aws) -> None:
    """Only rules of the same bus get the event; entries that EventBridge rejects are dropped."""
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
    listening.drain(WAIT_SECONDS)

    [event] = functions.events
    assert event["detail"] == {"run_id": "run_1"}
    assert event["detail-type"] == "Run Ended"
    assert event["resources"] == ["arn:aws:states:x"]
    assert listening.seen() == [event]


@pytest.mark.parametrize(
    "target",
    [
        {"Arn": function_arn("CloseRun"), "InputPath": "$.detail"},
        {"Arn": "arn:aws:logs:us-east-1:123456789012:log-group:/x"},
    ],
)
def test_other_targets_are_refused(listen: Listen, target: dict[str, Any]) -> None:
    """A target that local AWS would not deliver to correctly stops the start."""
    rule = _rule(_ENDED, Targets=[{"Id": "1"} | target])

    with pytest.raises(UnsupportedSourceError, match="Rule: the target"):
        listen(deployment("CloseRun", resources={"Rule": rule}), Functions())


def test_events_can_be_read_and_awaited(listen: Listen) -> None:
    """`seen` filters by type and source; `wait_for` returns when there are enough events."""
    sources = listen(deployment("CloseRun"), Functions())
    run_ended = {"source": "understudy", "detail-type": "Run Ended", "detail": {}}
    late = threading.Timer(0.01, lambda: sources.emit(run_ended))

    sources.emit(_status("FAILED"))
    late.start()
    [event] = sources.buses.wait_for("Run Ended", WAIT_SECONDS)
    late.join()

    assert sources.seen(detail_type="Run Ended") == [event]
    assert [seen["source"] for seen in sources.seen()] == ["aws.states", "understudy"]
    with pytest.raises(TimeoutError, match="no 2 events 'Run Ended'"):
        sources.buses.wait_for("Run Ended", 0.01, count=2)
