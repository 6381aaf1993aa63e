"""Schedules: when they run and what their functions get."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from local.events import InvalidScheduleError, UnknownScheduleError
from local.events.declared import Schedule
from local.events.schedule_expressions import next_run
from local.events.schedules import Schedules
from tests.local.events.conftest import Listen
from tests.local.events.stack import (
    ACCOUNT,
    REGION,
    Functions,
    ManualClock,
    deployment,
    function_arn,
)

_SUNDAY = datetime(2026, 11, 22, 13, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("rate(1 minute)", "2026-11-22T13:05:05"),
        ("rate(5 minutes)", "2026-11-22T13:09:05"),
        ("rate(2 hours)", "2026-11-22T15:04:05"),
        ("rate(7 days)", "2026-11-29T13:04:05"),
        ("cron(0 3 * * ? *)", "2026-11-23T03:00:00"),
        ("cron(0/15 * * * ? *)", "2026-11-22T13:15:00"),
        ("cron(4 13 * * ? *)", "2026-11-23T13:04:00"),
        ("cron(5 13 * * ? *)", "2026-11-22T13:05:00"),
        ("cron(30 9 ? * MON-FRI *)", "2026-11-23T09:30:00"),
        ("cron(0 8 ? * 1 *)", "2026-11-29T08:00:00"),
        ("cron(0 0 1 JAN,JUL ? *)", "2027-01-01T00:00:00"),
        ("cron(0 0 29 2 ? *)", "2028-02-29T00:00:00"),
        ("cron(0 12 1 1 ? 2030)", "2030-01-01T12:00:00"),
    ],
)
def test_the_next_run_is_the_first_later_moment(expression: str, expected: str) -> None:
    """A rate counts from now; a cron expression names full minutes, Sunday being day 1."""
    assert next_run(expression, _SUNDAY) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_a_cron_expression_follows_its_time_zone() -> None:
    """Three in the morning is three in the morning there."""
    run = next_run("cron(0 3 * * ? *)", _SUNDAY, ZoneInfo("Asia/Tokyo"))

    assert run.astimezone(UTC) == datetime(2026, 11, 22, 18, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "expression",
    [
        "rate(0 minutes)",
        "rate(5 weeks)",
        "every day",
        "at(2026-11-22T00:00:00)",
        "cron(0 3 * * *)",
        "cron(0 3 * * * *)",
        "cron(0 3 ? * ? *)",
        "cron(60 3 * * ? *)",
        "cron(0 3 L * ? *)",
        "cron(0 0 31 2 ? *)",
        "cron(0 0 1 1 ? 2000)",
    ],
)
def test_other_expressions_are_refused(expression: str) -> None:
    """A schedule that would never run, or that is not served, is an error at the start."""
    with pytest.raises(InvalidScheduleError):
        next_run(expression, _SUNDAY)


def _resources(**target: Any) -> dict[str, dict[str, Any]]:
    sweep = {"Arn": function_arn("SweepRuns")} | target
    return {
        "SweepRule": {
            "Type": "AWS::Events::Rule",
            "Properties": {"ScheduleExpression": "rate(5 minutes)", "Targets": [sweep]},
        },
        "SweepSchedule": {
            "Type": "AWS::Scheduler::Schedule",
            "Properties": {"ScheduleExpression": "rate(1 hour)", "Target": sweep},
        },
    }


@pytest.mark.parametrize(
    ("name", "source", "detail"),
    [("SweepRule", "aws.events", {}), ("SweepSchedule", "aws.scheduler", "{}")],
)
def test_a_tick_runs_the_function_with_the_services_event(
    listen: Listen, name: str, source: str, detail: Any
) -> None:
    """Without an input of its own the function gets a Scheduled Event."""
    functions = Functions()
    sources = listen(deployment("SweepRuns", resources=_resources()), functions)

    sources.tick(name)
    sources.drain(10)

    [event] = functions.events
    assert (event["detail-type"], event["source"]) == ("Scheduled Event", source)
    assert event["detail"] == detail
    assert event["resources"][0].endswith(f"/{name}")


def test_a_schedules_input_is_what_the_function_gets(listen: Listen) -> None:
    """The Input of the template replaces the service's event."""
    functions = Functions()
    resources = _resources(Input='{"dry_run": true}')
    sources = listen(deployment("SweepRuns", resources=resources), functions)

    for name in sources.schedules.names:
        sources.tick(name)
    sources.drain(10)

    assert functions.events == [{"dry_run": True}] * 2


def test_an_unknown_schedule_is_named(listen: Listen) -> None:
    """The error lists the schedules that there are."""
    sources = listen(deployment("SweepRuns", resources=_resources()), Functions())

    with pytest.raises(UnknownScheduleError, match="SweepRule"):
        sources.tick("Sweep")


def test_in_the_background_schedules_run_again_and_again(
    listen: Listen, clock: ManualClock
) -> None:
    """Each run sets the alarm of the next one; closing ends that."""
    functions = Functions()
    resources = {"SweepRule": _resources()["SweepRule"]}
    sources = listen(deployment("SweepRuns", resources=resources), functions)

    sources.schedules.run()
    clock.ring_next()
    clock.ring_next()
    sources.drain(10)
    sources.close()
    clock.ring_next()

    assert len(functions.calls) == 2
    assert clock.asked == [300.0] * 3


def test_closing_during_a_run_sets_no_further_alarm(clock: ManualClock) -> None:
    """A schedule that is being run when everything ends does not come back."""
    sweep = Schedule("Sweep", "rate(5 minutes)", "SweepRuns", "{}", "aws.events")
    schedules = Schedules([sweep], lambda *_: schedules.close(), clock, REGION, ACCOUNT)

    schedules.run()
    clock.ring_next()

    assert clock.asked == [300.0]
