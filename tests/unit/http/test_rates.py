"""Requests of a key are limited by the minute."""

from understudy.domain.budgets import Limits
from understudy.services import Services

from tests.unit.conftest import StandingClock
from tests.unit.http.caller import Api
from tests.unit.stage import put_key


def test_requests_of_a_key_are_limited_by_the_minute(
    services: Services, clock: StandingClock
) -> None:
    """Each key has its own count, which begins anew with every minute."""
    for key in ("us-one-key", "us-another-key"):
        put_key(services, key, limits=Limits(requests_per_minute=2))
    one, another = Api(services, "us-one-key"), Api(services, "us-another-key")

    statuses = [one.get("/v1/models").status for _ in range(3)]

    assert statuses == [200, 200, 429]
    assert one.get("/v1/models").error["code"] == "rate_limit_exceeded"
    assert another.get("/v1/models").status == 200
    clock.advance(60)
    assert one.get("/v1/models").status == 200
