"""Dollars and counts from counted work."""

import pytest

from bench.costs import (
    Work,
    client_polls,
    fixed_checks,
    front_door_ratio,
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


def test_a_difference_of_works_is_what_one_does_more() -> None:
    """So a check of the response is what a run with four checks does more than one with one."""
    check = Work(transition=17, read_unit=4).minus(Work(transition=8, read_unit=1)).times(1 / 3)

    assert check == Work(transition=3, read_unit=1)


def test_the_price_list_has_a_price_for_every_unit_of_work() -> None:
    """A thousand transitions are the two and a half cents that AWS names."""
    _, prices = read_prices()

    assert prices.keys() == Work.__dataclass_fields__.keys()
    assert Work(transition=1000).cost(prices) == pytest.approx(0.025)


def test_rest_api_costs_three_and_a_half_times_an_http_api() -> None:
    """Of the requests alone; other work is the same behind both."""
    assert front_door_ratio(Work(api_request=1)) == pytest.approx(3.5)
    assert front_door_ratio(Work(transition=1)) == 1


def test_a_small_sandbox_takes_longer() -> None:
    """Half the memory has half the CPU, so CPU time costs the same; waiting does not."""
    assert gb_seconds(1, 0, 512) == pytest.approx(gb_seconds(1, 0, 1024))
    assert gb_seconds(0, 1, 512) == pytest.approx(gb_seconds(0, 1, 1024) / 2)


@pytest.mark.parametrize(("seconds", "checks"), [(20, 1), (600, 5)])
def test_run_with_webhook_is_checked_for_it_and_rarely_before(seconds: int, checks: int) -> None:
    """Checks for a lost webhook come after 60 s and then whenever the age has doubled."""
    assert webhook_checks(seconds) == checks


def test_polling_backs_off_where_a_fixed_poll_does_not() -> None:
    """Six checks in 20 s; ten every two seconds."""
    assert polling_checks(20) == 6
    assert fixed_checks(20, 2) == 10
    assert polling_checks(600) * 10 < fixed_checks(600, 2)


def test_client_polls_less_often_the_longer_a_run_takes() -> None:
    """The wait that the API asks for grows with the run's age."""
    assert client_polls(600) < 5 * client_polls(20)


def test_a_percentile_is_a_value_that_was_measured() -> None:
    """The smallest value that this share of all values does not exceed."""
    assert percentile([5, 1, 4, 2, 3], 0.5) == 3
    assert percentile(range(1, 101), 0.99) == 99
    assert percentile([7], 0.99) == 7


def test_a_ratio_of_pairs_does_not_mix_pairs() -> None:
    """A machine that slows down halfway slows down both of a pair."""
    assert paired_ratio([1, 10, 2], [2, 20, 8]) == 0.5
