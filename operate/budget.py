"""What a tenant may spend and how often its keys may be used.

    python -m operate.budget set acme --tenant-month 100 --user-day 0.5 --run 0.1 --runs 30
    python -m operate.budget set acme --tenant-month none
    python -m operate.budget show acme
    python -m operate.budget clear acme

Amounts are USD, days and months UTC, rates per key and minute. The limits are stored with each key
of the tenant, so that a request reads nothing for them; they hold within a minute. A limit that is
`none` is the deployment's (DefaultBudgets), if that has one. What the tenant has spent since the
month began counts from the start, as far as the ledger has it.
"""

import argparse
import sys
from typing import Any

from pydantic import ValidationError
from understudy.domain.budgets import Counter, Limits
from understudy.domain.usage import NANO, UsageRow, day_of
from understudy.runs.limits import limits_of_tenant
from understudy.services import Services

from operate.deployment import add_arguments, services_of

OPTIONS = {
    "tenant_day_usd": "--tenant-day",
    "tenant_month_usd": "--tenant-month",
    "user_day_usd": "--user-day",
    "user_month_usd": "--user-month",
    "run_usd": "--run",
    "requests_per_minute": "--requests",
    "runs_per_minute": "--runs",
}


class BudgetError(Exception):
    """What was asked for cannot be done; the text says why."""


def set_limits(services: Services, tenant: str, changed: dict[str, Any]) -> Limits:
    """Changes limits of all keys of the tenant; None takes one away, and the deployment's counts.

    Raises BudgetError for a tenant without keys and for limits that make no sense.
    """
    keys = [key for key in services.api_keys.of_tenant(tenant) if not key.revoked]
    if not keys:
        raise BudgetError(f"{tenant} has no key; make one first: python -m operate.api_key create")
    before = keys[-1].limits or Limits()
    try:
        limits = Limits.model_validate({**before.model_dump(), **changed})
    except ValidationError as error:
        finding = error.errors()[0]
        raise BudgetError(f"{OPTIONS[str(finding['loc'][0])]}: {finding['msg']}") from error
    _count_what_was_spent(services, tenant, limits)
    for key in keys:
        services.api_keys.put(key.model_copy(update={"limits": limits}))
    return limits


def clear(services: Services, tenant: str) -> None:
    """Takes all limits away."""
    for key in services.api_keys.of_tenant(tenant):
        services.api_keys.put(key.model_copy(update={"limits": None}))


def shown(services: Services, tenant: str) -> list[str]:
    """A line for each limit; for budgets of the tenant with what is spent or held of them."""
    limits = limits_of_tenant(services.api_keys, services.settings.default_budgets, tenant)
    if limits is None:
        return [f"{tenant} has no limits."]
    set_ = {name: value for name, value in limits.model_dump().items() if value is not None}
    lines = [f"{OPTIONS[name][2:]:13} {value:g}" for name, value in set_.items()]
    counters = list(limits.counters(None, services.now()))
    spent = services.budgets.spent(tenant, [counter.name for counter in counters])
    for counter in counters:
        used = spent[counter.name] / NANO
        lines.append(
            f"{counter.period:13} {used:.4f} of {counter.limit / NANO:g} USD spent or held"
        )
    return lines


def _count_what_was_spent(services: Services, tenant: str, limits: Limits) -> None:
    """Starts counters that are new at what the ledger has for their period."""
    today = day_of(services.now())
    rows = list(services.usage.rows(tenant, f"{today[:7]}-01", today))
    users = {row.user_id for row in rows} | {None}
    counters = {
        counter.name: (counter, user_id)
        for user_id in users
        for counter in limits.counters(user_id, services.now())
    }
    names = list(counters)
    spent = services.budgets.spent(tenant, names) if names else {}
    for name, (counter, user_id) in counters.items():
        nano = sum(row.totals.nano_usd for row in rows if _counts(row, counter, user_id))
        if spent[name] == 0 and nano:
            services.budgets.add(tenant, [name], nano)


def _counts(row: UsageRow, counter: Counter, user_id: str | None) -> bool:
    is_theirs = counter.scope == "tenant" or row.user_id == user_id
    return is_theirs and row.day.startswith(counter.period)


def main(arguments: list[str]) -> int:
    """0, or 1 with the reason on stderr."""
    parser = argparse.ArgumentParser(prog="python -m operate.budget")
    parser.add_argument("action", choices=["set", "show", "clear"])
    parser.add_argument("tenant")
    for name, option in OPTIONS.items():
        parser.add_argument(option, dest=name, metavar="N", help=f"{name}; none is no limit")
    add_arguments(parser)
    given = parser.parse_args(arguments)
    services = services_of(given)
    asked = {name: value for name in OPTIONS if (value := getattr(given, name)) is not None}
    changed = {name: None if value == "none" else value for name, value in asked.items()}
    try:
        if given.action == "set":
            set_limits(services, given.tenant, changed)
        elif given.action == "clear":
            clear(services, given.tenant)
    except BudgetError as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(shown(services, given.tenant)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
