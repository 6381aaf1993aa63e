"""`understudy usage` and the tenants that it reports on."""

import pytest
from understudy.domain.usage_report import UsageRequest
from understudy.services import Services

from operate import api_key, usage
from operate.failures import CommandError
from tests.unit import stage
from tests.unit.http.test_usage_reports import count


def test_all_tenants_are_reported_with_the_most_expensive_first(services: Services) -> None:
    """A tenant is known from its first key on; one without runs is left out."""
    for tenant in ("acme", "other", "idle"):
        api_key.create(services, tenant, "shop", ["*"])
    count(services, 1, 0.25)
    count(services, 2, 0.5, tenant="other")

    sums = usage.usage(services, services.api_keys.tenants(), "tenant", UsageRequest())

    assert [(name, totals.nano_usd) for name, totals in sums.items()] == [
        ("other", 500_000_000),
        ("acme", 250_000_000),
    ]


def test_users_of_several_tenants_are_summed(services: Services) -> None:
    count(services, 1, 0.25, user_id="ada")
    count(services, 2, 0.5, tenant="other", user_id="ada")

    asked = UsageRequest(group_by="user")
    sums = usage.usage(services, [stage.TENANT, "other"], "user", asked)

    assert sums["ada"].nano_usd == 750_000_000
    assert "0.7500" in usage._table("user", sums, 10)


def test_unknown_group_is_rejected() -> None:
    with pytest.raises(CommandError, match="group_by"):
        usage._request("planet", None, None)
