"""`understudy usage`: reports usage and cost, of one tenant or of all.

    understudy usage acme
    understudy usage acme --by thread --start 2027-01-15 --end 2027-01-15 --limit 10
    understudy usage --all-tenants

The most expensive row is first. `--by` is day, user, assistant, model, api_key, thread, run or
metadata.KEY; with --all-tenants it is tenant if it is left out.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

import click
from pydantic import ValidationError
from rich.table import Table
from understudy.domain.usage import NANO, UsageTotals, day_of
from understudy.domain.usage_groups import Sums, by_cost, grouped, needs_runs
from understudy.domain.usage_report import UsageRequest
from understudy.errors import InvalidRequestError
from understudy.services import Services

from operate.deployment import Deployment, Result, on_deployment
from operate.failures import CommandError
from operate.tables import rendered

TENANT = "tenant"


def usage(services: Services, tenants: Iterable[str], by: str, asked: UsageRequest) -> Sums:
    """Returns totals by tenant, or by a group of the tenants' usage; the most expensive first."""
    first, last = asked.days(date.fromisoformat(day_of(services.now())))
    sums: Sums = {}
    for tenant in tenants:
        rows = services.usage.rows(
            tenant, first.isoformat(), last.isoformat(), with_runs=needs_runs(by)
        )
        if by == TENANT:
            sums[tenant] = sum_of(grouped(rows, "day"))
            continue
        for value, totals in grouped(rows, by).items():
            sums[value] = sums.get(value, UsageTotals()).plus(totals)
    return by_cost({value: totals for value, totals in sums.items() if totals.runs})


def sum_of(sums: Sums) -> UsageTotals:
    """Returns the totals of all groups together."""
    total = UsageTotals()
    for part in sums.values():
        total = total.plus(part)
    return total


def _table(by: str, sums: Sums, limit: int) -> str:
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column(by)
    for name in ("USD", "runs", "prompt tokens", "completion tokens"):
        table.add_column(name, justify="right")
    for value, totals in [*list(sums.items())[:limit], ("total", sum_of(sums))]:
        table.add_row(
            value or "(none)",
            f"{totals.nano_usd / NANO:.4f}",
            f"{totals.runs:,}",
            f"{totals.prompt_tokens:,}",
            f"{totals.completion_tokens:,}",
        )
    return rendered(table)


def _data(by: str, sums: Sums, limit: int) -> list[dict[str, Any]]:
    return [
        {by: value, "cost_usd": totals.nano_usd / NANO, **totals.model_dump(exclude={"nano_usd"})}
        for value, totals in list(sums.items())[:limit]
    ]


def _request(by: str, start: str | None, end: str | None) -> UsageRequest:
    group = "day" if by == TENANT else by
    try:
        return UsageRequest.model_validate({"group_by": group, "start": start, "end": end})
    except ValidationError as error:
        finding = error.errors()[0]
        raise CommandError(f"{finding['loc'][0]}: {finding['msg']}") from error


@click.command()
@click.argument("tenant", required=False)
@click.option("--all-tenants", is_flag=True, help="Report on every tenant that has a key.")
@click.option("--by", default=None, help="day, user, model, thread, run, metadata.KEY, …")
@click.option("--start", metavar="DAY", help="First day (UTC), as YYYY-MM-DD.")
@click.option("--end", metavar="DAY", help="Last day (UTC), as YYYY-MM-DD.")
@click.option("--limit", default=20, show_default=True, help="How many rows are shown.")
@on_deployment
def command(
    deployment: Deployment,
    tenant: str | None,
    all_tenants: bool,
    by: str | None,
    start: str | None,
    end: str | None,
    limit: int,
) -> Result:
    """Report usage and cost, the most expensive first."""
    if bool(tenant) == all_tenants:
        raise click.UsageError("Give a tenant, or --all-tenants.")
    services = deployment.services
    by = by or (TENANT if all_tenants else "day")
    tenants = services.api_keys.tenants() if all_tenants else [str(tenant)]
    try:
        sums = usage(services, tenants, by, _request(by, start, end))
    except InvalidRequestError as error:
        raise CommandError(str(error)) from error
    return Result(_table(by, sums, limit), _data(by, sums, limit))
