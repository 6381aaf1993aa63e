"""Every external effect of every scenario, with every fault, one at a time.

`make faults` runs them all; the ordinary suite runs a sample that reaches every scenario and every
mode. A failure prints the line that runs its point alone.
"""

import pytest

from local.ledger import ownerless
from tests.faults import invariants
from tests.faults.driver import Driver
from tests.faults.inject import injected
from tests.faults.points import Point, all_points, sample, stored
from tests.faults.record import effects, play
from tests.faults.scenarios import SCENARIOS

POINTS = all_points()
SAMPLE = sample(POINTS)
FEWEST = 2000


def survive(driver: Driver, point: Point) -> None:
    """Calls `survived`; a failure shows the command that runs this point alone."""
    try:
        survived(driver, point)
    except BaseException as error:
        error.add_note(point.reproducer)
        raise


def survived(driver: Driver, point: Point) -> None:
    """Plays the scenario with the fault, waits for recovery, and checks all invariants."""
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
    """Returns whether no retry can hide the fault: the run may end as failed."""
    return (point.caller, point.operation, point.mode) in {
        ("StreamRunFunction", "StartExecution", "error"),
        ("UploadFileFunction", "StartExecution", "error"),
        ("states", "UpdateItem", "error"),
    }


@pytest.mark.faults
@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.id)
def test_every_point_is_survived(driver: Driver, point: Point) -> None:
    """No run is lost, stuck or duplicated."""
    survive(driver, point)


@pytest.mark.parametrize("point", SAMPLE, ids=lambda point: point.id)
def test_a_sample_of_the_points_is_survived(driver: Driver, point: Point) -> None:
    """A sample that `make test` runs."""
    survive(driver, point)


@pytest.mark.parametrize("name", SCENARIOS)
def test_points_file_has_every_effect_of_a_scenario(driver: Driver, name: str) -> None:
    """`python -m tests.faults.record` adds the points of new effects."""
    thread_id = play(driver, SCENARIOS[name])
    seen, known = effects(driver), stored()[name]

    invariants.check(driver, SCENARIOS[name], thread_id, None)
    assert ownerless(driver.stack) == {}
    SCENARIOS[name].check(driver, thread_id)
    missing = {effect: count for effect, count in seen.items() if count > known.get(effect, 0)}
    assert not missing, f"run python -m tests.faults.record: {missing}"


@pytest.mark.parametrize("name", ["webhook", "early-webhook"])
def test_run_woken_by_a_webhook_is_checked_once(driver: Driver, name: str) -> None:
    """Whether the webhook arrives while the run waits or before."""
    play(driver, SCENARIOS[name])

    assert driver.invocations.counts["CheckStatusFunction"] == 1


def test_sample_has_every_scenario_and_every_mode() -> None:
    """The sample of `make test` covers the kinds of the whole suite."""
    assert {point.scenario for point in SAMPLE} == set(SCENARIOS)
    assert {point.mode for point in SAMPLE} == {point.mode for point in POINTS}


def test_number_of_points_does_not_fall() -> None:
    """A smaller suite would go unnoticed."""
    assert set(stored()) == set(SCENARIOS)
    assert len(POINTS) >= FEWEST
