"""`understudy budget`: sets what a tenant may spend and how often its keys may be used.

    understudy budget set acme --tenant-month 100 --user-day 0.5 --run 0.1 --runs 30
    understudy budget set acme --tenant-month none
    understudy budget show acme
    understudy budget clear acme

Amounts are USD, days and months UTC, rates per key and minute. The limits are stored with each key
of the tenant, so that a request costs no extra read, and apply within a minute. Where a tenant has
no limit, the deployment's (DefaultBudgets) applies. A new budget counts what the tenant has spent
in the current day or month already, as far as the ledger has it.
"""

from collections.abc import Callable, Iterator
from typing import Any

import click
from pydantic import ValidationError
from understudy.domain.budgets import Counter, Limits
from understudy.domain.usage import NANO, UsageRow, day_of
from understudy.runs.limits import limits_of_tenant
from understudy.services import Services

from operate.deployment import Deployment, Result, on_deployment
from operate.failures import CommandError

OPTIONS = {
    "tenant_day_usd": "--tenant-day",
    "tenant_month_usd": "--tenant-month",
    "user_day_usd": "--user-day",
    "user_month_usd": "--user-month",
    "run_usd": "--run",
    "requests_per_minute": "--requests",
    "runs_per_minute": "--runs",
}


class BudgetError(CommandError):
    """The limits cannot be set; the text says why."""


def set_limits(services: Services, tenant: str, changed: dict[str, Any]) -> Limits:
    """Changes limits of all keys of the tenant; None removes one.

    Raises BudgetError for a tenant without keys and for values that are no limits.
    """
    keys = [key for key in services.api_keys.of_tenant(tenant) if not key.revoked]
    if not keys:
        raise BudgetError(f"{tenant} has no key; create one: understudy api-key create {tenant}")
    before = keys[-1].limits or Limits()
    try:
        limits = Limits.model_validate({**before.model_dump(), **changed})
    except ValidationError as error:
        finding = error.errors()[0]
        raise BudgetError(f"{OPTIONS[str(finding['loc'][0])]}: {finding['msg']}") from error
    _start_counters(services, tenant, limits)
    for key in keys:
        services.api_keys.put(key.model_copy(update={"limits": limits}))
    return limits


def clear(services: Services, tenant: str) -> None:
    """Removes all limits of the tenant's keys."""
    for key in services.api_keys.of_tenant(tenant):
        services.api_keys.put(key.model_copy(update={"limits": None}))


def shown(services: Services, tenant: str) -> list[str]:
    """Returns a line for each limit, and for each budget of the tenant what is spent of it."""
    limits = limits_of_tenant(services.api_keys, services.settings.default_budgets, tenant)
    if limits is None:
        return [f"{tenant} has no limits."]
    present = {name: value for name, value in limits.model_dump().items() if value is not None}
    lines = [f"{OPTIONS[name][2:]:13} {value:g}" for name, value in present.items()]
    for counter, used in _spent(services, tenant, limits):
        of = f"{used / NANO:.4f} of {counter.limit / NANO:g} USD"
        lines.append(f"{counter.period:13} {of} spent or held")
    return lines


def _spent(services: Services, tenant: str, limits: Limits | None) -> Iterator[tuple[Counter, int]]:
    """The tenant's budgets, each with what is spent or held of it, in nano dollars."""
    counters = list(limits.counters(None, services.now())) if limits else []
    spent = services.budgets.spent(tenant, [counter.name for counter in counters])
    for counter in counters:
        yield counter, spent[counter.name]


def _start_counters(services: Services, tenant: str, limits: Limits) -> None:
    """Sets new counters to what the ledger has for their period."""
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


def _limit_options(function: Callable[..., None]) -> Callable[..., None]:
    for name, option in reversed(OPTIONS.items()):
        amount = "USD" if name.endswith("usd") else "N"
        text = f"{name}; none removes the limit."
        function = click.option(option, name, metavar=amount, help=text)(function)
    return function


@click.group()
def command() -> None:
    """Set, show and clear what a tenant may spend and how often its keys may be used."""


@command.command("set")
@click.argument("tenant")
@_limit_options
@on_deployment
def set_command(deployment: Deployment, tenant: str, **limits: str | None) -> Result:
    """Change limits of all keys of a tenant."""
    given = {name: value for name, value in limits.items() if value is not None}
    changed = {name: None if value == "none" else value for name, value in given.items()}
    set_limits(deployment.services, tenant, changed)
    return _result(deployment.services, tenant)


@command.command("show")
@click.argument("tenant")
@on_deployment
def show_command(deployment: Deployment, tenant: str) -> Result:
    """Show the limits of a tenant and what is spent of them."""
    return _result(deployment.services, tenant)


@command.command("clear")
@click.argument("tenant")
@on_deployment
def clear_command(deployment: Deployment, tenant: str) -> Result:
    """Remove all limits of a tenant."""
    clear(deployment.services, tenant)
    return _result(deployment.services, tenant)


def _result(services: Services, tenant: str) -> Result:
    limits = limits_of_tenant(services.api_keys, services.settings.default_budgets, tenant)
    data = {
        "tenant": tenant,
        "limits": limits.model_dump(exclude_none=True) if limits else {},
        "spent": [
            {"period": counter.period, "limit_usd": counter.limit / NANO, "spent_usd": used / NANO}
            for counter, used in _spent(services, tenant, limits)
        ],
    }
    return Result("\n".join(shown(services, tenant)), data)
