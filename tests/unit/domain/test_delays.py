"""How long a run sleeps before it looks by itself."""

from itertools import pairwise

import pytest
from understudy.domain.delays import BACKOFF, WEBHOOK_SAFETY, client_delay, next_delay

DAY = 24 * 3600


def checks_until(end: float, *, webhooks: bool, deadline: float = DAY) -> int:
    """How often a run is checked whose model needs `end` seconds; the last check finds it done."""
    age, checks = 0.0, 0
    while age < end:
        age += next_delay(checks, webhooks=webhooks, age=age, remaining=deadline - age)
        checks += 1
    return checks


@pytest.mark.parametrize(("seconds", "most"), [(20, 8), (600, 40), (DAY, 250)])
def test_without_webhooks_checks_are_few(seconds: int, most: int) -> None:
    """A short run is not checked more than 8 times, one of ten minutes not more than 40 times."""
    assert checks_until(seconds, webhooks=False) <= most


def test_no_answer_is_found_much_late_without_webhooks() -> None:
    """From ten minutes on the delay is a twentieth of the run's age."""
    for age in (600, 3600, DAY // 2):
        assert next_delay(99, webhooks=False, age=age, remaining=DAY) <= max(30, age / 20)


def test_a_lost_webhook_costs_a_run_no_more_than_its_own_time() -> None:
    """With webhooks the first look is after a minute, and then whenever the age has doubled."""
    looks, age = [], 0.0
    while age < 1000:
        age += next_delay(len(looks), webhooks=True, age=age, remaining=DAY)
        looks.append(age)

    assert looks[0] == WEBHOOK_SAFETY
    assert all(later <= 2 * before for before, later in pairwise(looks))


@pytest.mark.parametrize("webhooks", [True, False])
@pytest.mark.parametrize("remaining", [0, 0.4, 5, 59.9])
def test_a_delay_is_a_whole_number_that_ends_just_after_the_deadline(
    webhooks: bool, remaining: float
) -> None:
    """Step Functions takes timeouts above zero; the check after the last delay sees it passed."""
    delays = [
        next_delay(99, webhooks=webhooks, age=9999, remaining=remaining),
        client_delay(age=9999, remaining=remaining),
    ]

    assert all(isinstance(delay, int) and delay >= 1 for delay in delays)
    assert all(remaining < delay <= remaining + 1 for delay in delays)


def test_the_backoff_only_grows() -> None:
    """A later check never comes sooner than an earlier one did."""
    assert list(BACKOFF) == sorted(BACKOFF)
