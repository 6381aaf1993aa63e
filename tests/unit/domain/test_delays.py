"""The delays between checks of a run."""

from itertools import pairwise

import pytest
from understudy.domain.delays import BACKOFF, WEBHOOK_SAFETY, client_delay, next_delay

DAY = 24 * 3600


def checks_until(end: float, *, webhooks: bool, deadline: float = DAY) -> int:
    """Returns how often a run is checked until its model is done after `end` seconds."""
    age, checks = 0.0, 0
    while age < end:
        age += next_delay(checks, webhooks=webhooks, age=age, remaining=deadline - age)
        checks += 1
    return checks


@pytest.mark.parametrize(("seconds", "most"), [(20, 8), (600, 40), (DAY, 250)])
def test_without_webhooks_checks_are_few(seconds: int, most: int) -> None:
    """A short run is not checked more than 8 times, one of ten minutes not more than 40 times."""
    assert checks_until(seconds, webhooks=False) <= most


def test_delay_is_at_most_a_twentieth_of_the_age() -> None:
    """For runs older than ten minutes, without webhooks."""
    for age in (600, 3600, DAY // 2):
        assert next_delay(99, webhooks=False, age=age, remaining=DAY) <= max(30, age / 20)


def test_lost_webhook_at_most_doubles_the_duration() -> None:
    """With webhooks the first check is after a minute, then whenever the age has doubled."""
    looks, age = [], 0.0
    while age < 1000:
        age += next_delay(len(looks), webhooks=True, age=age, remaining=DAY)
        looks.append(age)

    assert looks[0] == WEBHOOK_SAFETY == 60
    assert all(later <= 2 * before for before, later in pairwise(looks))


@pytest.mark.parametrize("webhooks", [True, False])
@pytest.mark.parametrize("remaining", [0, 0.4, 5, 59.9])
def test_delay_is_whole_and_ends_just_after_the_deadline(webhooks: bool, remaining: float) -> None:
    """Step Functions rejects a timeout of 0; the last check must see that the deadline passed."""
    delays = [
        next_delay(99, webhooks=webhooks, age=9999, remaining=remaining),
        client_delay(age=9999, remaining=remaining),
    ]

    assert all(isinstance(delay, int) and delay >= 1 for delay in delays)
    assert all(remaining < delay <= remaining + 1 for delay in delays)


def test_backoff_never_shrinks() -> None:
    """A later delay is never shorter than an earlier one."""
    assert list(BACKOFF) == sorted(BACKOFF)


@pytest.mark.parametrize(("age", "seconds"), [(0, 60), (600, 60), (3600, 180)])
def test_run_that_waits_for_its_client_is_checked_every_minute(age: int, seconds: int) -> None:
    """Less often when it is older than twenty minutes."""
    assert client_delay(age=age, remaining=DAY) == seconds
