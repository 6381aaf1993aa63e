"""Many runs: all end, all invariants hold, and the memory does not grow with their number."""

import resource
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.faults import invariants
from tests.faults.driver import Driver
from tests.faults.scenarios import prepare, start

AT_ONCE = 200
IN_A_ROW = 2000
CLIENTS = 16
REQUESTS_OF_A_RUN = 4
"""A create and one or two polls; the webhook replaces the others."""

MEMORY_GROWTH = 96 * 1024
"""Kilobytes that the second half of the runs may add; histories and ledgers are limited."""


def play_all(driver: Driver, count: int) -> list[str]:
    """Creates runs on separate threads by a few concurrent clients; returns their threads."""
    driver.begin()
    driver.control.set_deliveries(hold=False)
    with ThreadPoolExecutor(CLIENTS) as pool:
        threads = [prepare(driver) for _ in range(count)]
        created = list(pool.map(lambda thread_id: start(driver, thread_id), threads))
    assert all(created)
    driver.settle()
    return threads


def check_all(driver: Driver, threads: list[str]) -> None:
    """Checks that every run is completed with as few requests to the provider as possible."""
    for thread_id in threads:
        runs = driver.runs(thread_id)
        assert [run["run_status"] for run in runs] == ["completed"]
        invariants.check_run(driver, runs[0])
    counters = driver.control.counters()
    assert counters["unfinished"] == []
    assert counters["counters"]["response.created"] == len(threads)
    assert counters["counters"]["requests"] <= REQUESTS_OF_A_RUN * len(threads)


@pytest.mark.load
def test_many_concurrent_runs_complete(driver: Driver) -> None:
    """Each needs as few requests as a single run."""
    threads = play_all(driver, AT_ONCE)

    check_all(driver, threads)


@pytest.mark.load
@pytest.mark.timeout(7200)
def test_memory_does_not_grow_with_the_number_of_runs(driver: Driver) -> None:
    """The second half of the runs needs no more memory."""
    step, peaks = AT_ONCE, []
    for _ in range(IN_A_ROW // step):
        check_all(driver, play_all(driver, step))
        peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)

    assert peaks[-1] - peaks[len(peaks) // 2] < MEMORY_GROWTH


def test_a_few_concurrent_runs_complete(driver: Driver) -> None:
    """A small version that `make test` runs."""
    threads = play_all(driver, 6)

    check_all(driver, threads)
