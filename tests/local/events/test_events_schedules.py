"""Schedules: when they run and what their functions get."""

from typing import Any

import pytest

from local.events import UnsupportedSourceError
from local.events.declared import Schedule
from local.events.schedules import interval_of
from tests.limits import WAIT_SECONDS
from tests.local.events.conftest import Listen
from tests.local.events.stack import (
    Functions,
    ManualClock,
    deployment,
    function_arn,
)


def _schedule(expression: str) -> Schedule:
    return Schedule("Sweep", expression, "SweepRuns", None)


@pytest.mark.parametrize(
    ("expression", "seconds"),
    [
        ("rate(1 minute)", 60),
        ("rate(5 minutes)", 300),
        ("rate(2 hours)", 7200),
        ("rate(1 day)", 86400),
    ],
)
def test_rate_is_an_interval(expression: str, seconds: int) -> None:
    """Minutes, hours and days, in the singular or the plural."""
    assert interval_of(_schedule(expression)) == seconds


@pytest.mark.parametrize("expression", ["rate(0 minutes)", "rate(5 weeks)", "cron(0 3 * * ? *)"])
def test_other_expressions_are_refused(expression: str) -> None:
    """A schedule that would never run locally is an error at the start."""
    with pytest.raises(UnsupportedSourceError, match="Sweep: "):
        interval_of(_schedule(expression))


def _resources(**target: Any) -> dict[str, dict[str, Any]]:
    sweep = {"Arn": function_arn("SweepRuns")} | target
    return {
        "Sweep": {
            "Type": "AWS::Scheduler::Schedule",
            "Properties": {"ScheduleExpression": "rate(5 minutes)", "Target": sweep},
        },
    }


def test_tick_invokes_function_with_event_of_scheduler(listen: Listen) -> None:
    """Without an input in the template the function gets a Scheduled Event."""
    functions = Functions()
    sources = listen(deployment("SweepRuns", resources=_resources()), functions)

    sources.tick("Sweep")
    sources.drain(WAIT_SECONDS)

    [event] = functions.events
    assert (event["detail-type"], event["source"]) == ("Scheduled Event", "aws.scheduler")
    assert event["resources"][0].endswith("/Sweep")


def test_input_of_template_replaces_event(listen: Listen) -> None:
    """The function gets the Input of the schedule's target."""
    functions = Functions()
    resources = _resources(Input='{"dry_run": true}')
    sources = listen(deployment("SweepRuns", resources=resources), functions)

    sources.tick("Sweep")
    sources.drain(WAIT_SECONDS)

    assert functions.events == [{"dry_run": True}]


def test_schedules_repeat_in_background(listen: Listen, clock: ManualClock) -> None:
    """Each run sets the alarm for the next one, until the sources are closed."""
    functions = Functions()
    sources = listen(deployment("SweepRuns", resources=_resources()), functions)

    sources.run_in_background()
    clock.fire_next()
    clock.fire_next()  # the expiry
    clock.wait_for_alarms(4)
    sources.drain(WAIT_SECONDS)
    sources.close()
    clock.fire_next()
    clock.fire_next()

    assert len(functions.calls) == 1
    assert sorted(clock.asked) == [60.0, 60.0, 300.0, 300.0]
