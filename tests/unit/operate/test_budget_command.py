"""The operator's commands: keys and limits of a tenant."""

import pytest
from understudy.domain.api_keys import digest_of
from understudy.domain.budgets import Limits
from understudy.domain.run_queue import MultitaskStrategy
from understudy.domain.runs import RunStatus
from understudy.domain.usage import NANO
from understudy.services import Services

from operate import api_key, budget
from tests.fakes.provider import usage
from tests.unit import stage


def test_a_key_is_known_by_its_hash_only(services: Services) -> None:
    """The key that is shown opens the door; the table never holds it."""
    key = api_key.create(services, "acme", "shop", ["*"])

    found = services.api_keys.find(digest_of(key))
    assert found is not None
    assert found.tenant == "acme"
    assert key not in "\n".join(api_key.listed(services, "acme"))


def test_a_key_decides_no_calls_unless_told_so(services: Services) -> None:
    """An application that could approve what its own model asks for would need no approval."""
    plain = api_key.create(services, "acme", "shop", ["*"])
    boss = api_key.create(services, "acme", "boss", ["*"], may_approve=True)

    found = [services.api_keys.find(digest_of(key)) for key in (plain, boss)]

    assert [key is not None and key.may_approve for key in found] == [False, True]


def test_strategy_of_a_key_is_stored_and_listed(services: Services) -> None:
    """`reject` is the default, and is not listed."""
    key = api_key.create(services, "acme", "shop", ["*"], strategy=MultitaskStrategy.ENQUEUE)
    other = api_key.create(services, "acme", "other", ["*"])
    assert sum("enqueue" in line for line in api_key.listed(services, "acme")) == 1

    digest = digest_of(other)
    api_key.set_strategy(services, "acme", digest[:12], MultitaskStrategy.INTERRUPT)

    found = [services.api_keys.find(digest_of(each)) for each in (key, other)]
    assert [each and each.multitask_strategy for each in found] == ["enqueue", "interrupt"]


@pytest.mark.parametrize("name", ["tool", "a#b", "", "-a", "a" * 65])
def test_a_name_that_could_be_taken_for_something_else_is_refused(
    services: Services, name: str
) -> None:
    """Tenants' names are part of keys in the table and the bucket."""
    with pytest.raises(api_key.ApiKeyError):
        api_key.create(services, name, "shop", ["*"])


def test_a_revoked_key_is_refused(services: Services) -> None:
    """It stays on the list, so that the operator sees what there was."""
    key = api_key.create(services, "acme", "shop", ["*"])

    api_key.revoke(services, "acme", digest_of(key)[:12])

    assert services.api_keys.find(digest_of(key)) is None
    assert "revoked" in api_key.listed(services, "acme")[0]


@pytest.mark.parametrize("beginning", ["", "zz"])
def test_no_key_is_revoked_by_mistake(services: Services, beginning: str) -> None:
    """A hash that fits no key, or all of them, revokes nothing."""
    key = api_key.create(services, "acme", "shop", ["*"])

    with pytest.raises(api_key.ApiKeyError):
        api_key.revoke(services, "acme", beginning)

    assert services.api_keys.find(digest_of(key)) is not None


@pytest.mark.parametrize("tenant", ["", "a#b", "a/b", "ä", "x" * 65])
def test_a_tenant_needs_a_plain_name(services: Services, tenant: str) -> None:
    """It becomes part of keys in the table."""
    with pytest.raises(api_key.ApiKeyError):
        api_key.create(services, tenant, "", ["*"])


def test_limits_hold_for_all_keys_of_the_tenant(services: Services) -> None:
    """Also for keys that are made afterwards, and for no other tenant's."""
    first = api_key.create(services, "acme", "one", ["*"])
    other = api_key.create(services, "other", "one", ["*"])

    limits = budget.set_limits(services, "acme", {"tenant_month_usd": "100", "run_usd": "0.1"})
    second = api_key.create(services, "acme", "two", ["*"])

    assert limits == Limits(tenant_month_usd=100, run_usd=0.1)
    for key, expected in [(first, limits), (second, limits), (other, None)]:
        found = services.api_keys.find(digest_of(key))
        assert found is not None
        assert found.limits == expected


def test_one_limit_is_changed_and_the_others_stay(services: Services) -> None:
    """None takes a limit away."""
    api_key.create(services, "acme", "one", ["*"])
    budget.set_limits(services, "acme", {"tenant_month_usd": "100", "run_usd": "0.1"})

    changed = budget.set_limits(services, "acme", {"run_usd": None})

    assert changed == Limits(tenant_month_usd=100)


def test_what_was_spent_before_counts(services: Services) -> None:
    """A budget that is set in the middle of the month begins at what the ledger has."""
    api_key.create(services, "acme", "one", ["*"])
    run = stage.put_run(services)
    turns = [usage().model_copy(update={"cost_usd": 0.25})]
    over = {"status": RunStatus.COMPLETED, "ended_at": run.created_at, "usage": turns}
    services.runs.end(run.model_copy(update=over))
    ended = stage.stored_run(services)
    services.usage.count([ended])

    budget.set_limits(services, "acme", {"tenant_month_usd": "100"})
    budget.set_limits(services, "acme", {"tenant_month_usd": "50"})

    assert services.budgets.spent("acme", ["2027-01#tenant"]) == {"2027-01#tenant": NANO // 4}
    assert "0.2500 of 50 USD" in "\n".join(budget.shown(services, "acme"))


def test_a_tenant_without_a_key_has_no_limits(services: Services) -> None:
    """There is nothing to store them with."""
    with pytest.raises(budget.BudgetError):
        budget.set_limits(services, "acme", {"run_usd": "1"})


def test_a_wrong_amount_is_explained(services: Services) -> None:
    """By the option that the operator wrote."""
    api_key.create(services, "acme", "one", ["*"])

    with pytest.raises(budget.BudgetError, match="--run"):
        budget.set_limits(services, "acme", {"run_usd": "lots"})


def test_cleared_limits_are_gone(services: Services) -> None:
    """The keys stay."""
    key = api_key.create(services, "acme", "one", ["*"])
    budget.set_limits(services, "acme", {"run_usd": "1"})

    budget.clear(services, "acme")

    found = services.api_keys.find(digest_of(key))
    assert found is not None
    assert found.limits is None
    assert budget.shown(services, "acme") == ["acme has no limits."]


def test_the_deployments_own_limits_are_shown(services: Services) -> None:
    """For a tenant that has none, or not those."""
    api_key.create(services, "acme", "one", ["*"])
    budget.set_limits(services, "acme", {"run_usd": "1"})
    defaults = {"run_usd": 0.1, "tenant_month_usd": 100}
    services.settings = services.settings.model_copy(update={"default_budgets": defaults})

    told = "\n".join(budget.shown(services, "acme"))

    assert "run           1" in told
    assert "of 100 USD" in told
