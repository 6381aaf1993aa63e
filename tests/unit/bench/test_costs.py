"""Dollars and counts from counted work."""

import pytest

from bench.costs import (
    Work,
    client_polls,
    fixed_checks,
    gb_seconds,
    polling_checks,
    read_prices,
    webhook_checks,
)
from bench.figures import paired_ratio, percentile


def test_work_costs_the_sum_of_its_units() -> None:
    """Each unit has its own price."""
    work = Work(transition=8, write_unit=2)

    assert work.cost({"transition": 0.5, "write_unit": 0.25}) == 4.5


def test_minus_subtracts_each_unit() -> None:
    """The work of one check follows from runs with one and with four checks."""
    check = Work(transition=17, read_unit=4).minus(Work(transition=8, read_unit=1)).times(1 / 3)

    assert check == Work(transition=3, read_unit=1)


def test_the_price_list_has_a_price_for_every_unit_of_work() -> None:
    """A thousand transitions cost 2.5 cents in AWS's price list."""
    _, prices = read_prices()

    assert prices.keys() == Work.__dataclass_fields__.keys()
    assert Work(transition=1000).cost(prices) == pytest.approx(0.025)


def test_gb_seconds_scale_cpu_time_with_memory() -> None:
    """Half the memory has half the CPU, so CPU time costs the same; waiting does not."""
    assert gb_seconds(1, 0, 512) == pytest.approx(gb_seconds(1, 0, 1024))
    assert gb_seconds(0, 1, 512) == pytest.approx(gb_seconds(0, 1, 1024) / 2)


@pytest.mark.parametrize(("seconds", "checks"), [(20, 1), (600, 5)])
def test_run_with_webhook_checks_rarely_before_it(seconds: int, checks: int) -> None:
    """Checks by timeout come after 60 s and then whenever the age has doubled."""
    assert webhook_checks(seconds) == checks


def test_polling_backs_off_where_a_fixed_poll_does_not() -> None:
    """Six checks in 20 s; ten with a check every two seconds."""
    assert polling_checks(20) == 6
    assert fixed_checks(20, 2) == 10
    assert polling_checks(600) * 10 < fixed_checks(600, 2)


def test_client_polls_back_off() -> None:
    """The wait that the API asks for grows with the run's age."""
    assert client_polls(600) < 5 * client_polls(20)


def test_percentile_is_a_measured_value() -> None:
    """Nearest rank, without interpolation."""
    assert percentile([5, 1, 4, 2, 3], 0.5) == 3
    assert percentile(range(1, 101), 0.99) == 99
    assert percentile([7], 0.99) == 7


def test_paired_ratio_is_the_median_of_each_pairs_ratio() -> None:
    """A machine that slows down halfway affects both values of a pair."""
    assert paired_ratio([1, 10, 2], [2, 20, 8]) == 0.5
