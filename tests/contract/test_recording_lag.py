"""How late ended runs are recorded: the template's part of the bound in docs/architecture.md.

tests/unit/functions/test_record_runs.py bounds the calls of a batch, and
tests/e2e/test_concurrent_budgets.py shows that budgets hold meanwhile.
"""

from typing import Any

FUNCTION = "RecordRunsFunction"


def mapping(functions: dict[str, Any]) -> dict[str, Any]:
    """Returns the event source mapping of record_runs."""
    [event] = functions[FUNCTION]["Events"].values()
    assert event["Type"] == "DynamoDB"
    found: dict[str, Any] = event["Properties"]
    return found


def test_batch_waits_for_a_second_at_most(functions: dict[str, Any]) -> None:
    """A lone run is recorded when the window ends, a hundred runs at once."""
    found = mapping(functions)

    assert (found["MaximumBatchingWindowInSeconds"], found["BatchSize"]) == (1, 100)


def test_slow_batch_does_not_stop_the_shard(functions: dict[str, Any]) -> None:
    """Four batches of a shard are at work; one that fails is split and then given up."""
    found = mapping(functions)

    assert found["ParallelizationFactor"] == 4
    assert found["BisectBatchOnFunctionError"] is True
    assert found["MaximumRetryAttempts"] == 20
    assert "OnFailure" in found["DestinationConfig"]


def test_only_ends_of_runs_reach_the_function(functions: dict[str, Any]) -> None:
    """Other changes of the table would delay them."""
    [rule] = mapping(functions)["FilterCriteria"]["Filters"]

    assert "ended_at" in rule["Pattern"]


def test_lag_of_a_minute_raises_an_alarm(template: dict[str, Any]) -> None:
    """The age of the oldest record, in milliseconds."""
    alarm = template["Resources"]["RecordingLagAlarm"]["Properties"]

    assert (alarm["MetricName"], alarm["Statistic"]) == ("IteratorAge", "Maximum")
    assert alarm["Threshold"] == 60_000
    assert alarm["Dimensions"] == [{"Name": "FunctionName", "Value": {"Ref": FUNCTION}}]
