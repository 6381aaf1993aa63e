"""`/usage` and `/budgets`"""

from datetime import date

from understudy.domain.threads import check_owner
from understudy.domain.usage import day_of
from understudy.domain.usage_groups import by_cost, grouped, needs_runs
from understudy.domain.usage_report import UsageRequest, bounded
from understudy.http.objects.budgets import BudgetObject, budget_object
from understudy.http.objects.lists import PlainList
from understudy.http.objects.usage import UsageReportObject, usage_report_object
from understudy.http.queries import BudgetQuery
from understudy.http.request import Request
from understudy.http.routes import Routes

route = Routes()


@route("getUsage")
def retrieve_usage(request: Request) -> UsageReportObject:
    asked = request.query(UsageRequest)
    first, last = asked.days(date.fromisoformat(day_of(request.services.now())))
    rows = request.services.usage.rows(
        request.tenant,
        first.isoformat(),
        last.isoformat(),
        with_runs=needs_runs(asked.group_by),
    )
    sums = grouped(bounded(rows), asked.group_by)
    ordered = by_cost(sums) if asked.sort == "cost" else sums
    return usage_report_object(first, last, asked.group_by, ordered, asked.limit)


@route("listBudgets")
def list_budgets(request: Request) -> PlainList[BudgetObject]:
    user_id = request.query(BudgetQuery).user_id
    if user_id is not None:
        check_owner("user_id", user_id)
    limits, services = request.caller.limits, request.services
    counters = list(limits.counters(user_id, services.now())) if limits else []
    spent = services.budgets.spent(request.tenant, [counter.name for counter in counters])
    shown = [budget_object(counter, spent[counter.name]) for counter in counters]
    return {"object": "list", "data": shown}
