"""Every external effect of every scenario, with every fault, one at a time.

`make faults` runs them all; `make test` runs a fixed sample that reaches every scenario and every
mode, `.ci/run` another sample for each commit. A failure prints the command that repeats its point.
"""

from dataclasses import replace

import pytest

from local.ledger import ownerless
from tests.faults import invariants
from tests.faults.driver import Driver
from tests.faults.inject import injected
from tests.faults.points import (
    INVOCATION,
    Point,
    all_points,
    points_of,
    rotating,
    sample,
    stored,
)
from tests.faults.progress import command_for
from tests.faults.record import effects, play
from tests.faults.scenarios import SCENARIOS

POINTS = all_points()
SAMPLE = sample(POINTS)
FEWEST = 1700


def survive(driver: Driver, point: Point) -> None:
    """Calls `survived`; adds the command that repeats the point to a failure."""
    try:
        survived(driver, point)
    except BaseException as error:
        error.add_note(point.reproducer)
        raise


def survived(driver: Driver, point: Point) -> None:
    """Plays the scenario with the fault, lets the system recover, checks all invariants."""
    scenario = SCENARIOS[point.scenario]
    driver.begin()
    thread_id = scenario.prepare(driver)
    driver.invocations.begin()
    with injected(driver, point) as injection:
        scenario.play(driver, thread_id)
        driver.recover(thread_id)
    assert injection.fired, "the fault did not happen, so nothing was tested"
    invariants.check(driver, scenario, thread_id, point)
    scenario.check(driver, thread_id)
    if not scenario.leaves_thread:
        return
    ends = [run["run_status"] for run in driver.runs(thread_id)]
    assert scenario.ends in ends or may_end_otherwise(point), f"ended as {ends}"


def may_end_otherwise(point: Point) -> bool:
    """Returns whether the fault fails the run, because no retry can hide it from the caller."""
    return (point.caller, point.operation, point.mode) in {
        ("StreamRunFunction", "StartExecution", "error"),
        ("UploadFileFunction", "StartExecution", "error"),
        ("states", "UpdateItem", "error"),
    }


@pytest.mark.faults
@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.id)
def test_every_point_is_survived(driver: Driver, point: Point) -> None:
    """Whatever breaks, no run is lost or stuck, and nothing happens twice."""
    survive(driver, point)


@pytest.mark.parametrize("point", SAMPLE, ids=lambda point: point.id)
def test_a_sample_of_the_points_is_survived(driver: Driver, point: Point) -> None:
    """A few of the points are part of `make test`."""
    survive(driver, point)


@pytest.mark.parametrize("name", SCENARIOS)
def test_points_file_has_every_effect_of_a_scenario(driver: Driver, name: str) -> None:
    """A new effect has points of its own; `python -m tests.faults.record` adds them."""
    thread_id = play(driver, SCENARIOS[name])
    seen, known = effects(driver), stored()[name]

    invariants.check(driver, SCENARIOS[name], thread_id, None)
    assert ownerless(driver.stack) == {}
    SCENARIOS[name].check(driver, thread_id)
    missing = {effect: count for effect, count in seen.items() if count > known.get(effect, 0)}
    assert not missing, f"run python -m tests.faults.record: {missing}"


@pytest.mark.parametrize("name", ["webhook", "early-webhook"])
def test_run_that_a_webhook_wakes_is_checked_once(driver: Driver, name: str) -> None:
    """Whether the webhook comes while the run waits or before."""
    play(driver, SCENARIOS[name])

    assert driver.invocations.counts["CheckStatusFunction"] == 1


def test_webhook_before_the_wait_lets_the_run_end_without_waiting(driver: Driver) -> None:
    """The state machine finds the pending callback: the run ends although no time passes."""
    scenario = SCENARIOS["early-webhook"]
    driver.begin()
    thread_id = scenario.prepare(driver)

    scenario.play(driver, thread_id)
    driver.rest()

    assert [run["run_status"] for run in driver.runs(thread_id)] == ["completed"]


def test_sample_has_every_scenario_and_every_mode() -> None:
    """`make test` reaches each of them."""
    assert {point.scenario for point in SAMPLE} == set(SCENARIOS)
    assert {point.mode for point in SAMPLE} == {point.mode for point in POINTS}


def test_number_of_points_does_not_fall() -> None:
    """A suite that lost points would prove less than it seems to."""
    assert set(stored()) == set(SCENARIOS)
    assert len(POINTS) >= FEWEST


def test_left_out_points_are_played_in_another_scenario() -> None:
    """With the same function, effect and fault; a repeated function keeps its points."""
    every = {point for name, effects in stored().items() for point in points_of(name, effects)}
    left_out = every - set(POINTS)
    played = {replace(point, scenario="") for point in POINTS}

    assert left_out
    assert {replace(point, scenario="") for point in left_out} <= played
    for point in left_out:
        assert stored()[point.scenario].get(f"{point.caller} {INVOCATION} invoke", 1) == 1
        assert not SCENARIOS[point.scenario].disturbs
        assert not SCENARIOS[point.scenario].has_check


def test_rotating_sample_depends_on_its_seed_only() -> None:
    """All points are played in the course of many commits."""
    samples = [rotating(POINTS, 60, str(seed)) for seed in range(600)]

    assert rotating(POINTS, 60, "7") == samples[7]
    assert samples[7] != samples[8]
    assert {point for each in samples for point in each} == set(POINTS)


def test_failed_test_is_repeated_by_one_command() -> None:
    """A point by its id, which may have spaces and braces."""
    name = "tests/faults/test_points.py::test_every_point_is_survived[{}]"
    [point] = [each for each in POINTS if each.id.startswith("plain-CheckStatusFunction-provider")][
        :1
    ]

    assert (
        command_for(name.format(point.id)) == point.reproducer == f"make faults POINT='{point.id}'"
    )
    assert command_for("tests/faults/test_load.py::test_x") == (
        "make faults FILE='tests/faults/test_load.py::test_x'"
    )
