"""`/usage`"""

from datetime import date

from understudy.domain.usage import day_of, grouped
from understudy.domain.usage_report import UsageRequest, bounded
from understudy.http.objects.usage import UsageReportObject, usage_report_object
from understudy.http.request import Request
from understudy.http.routes import Routes

route = Routes()


@route("getUsage")
def retrieve_usage(request: Request) -> UsageReportObject:
    asked = request.query(UsageRequest)
    first, last = asked.days(date.fromisoformat(day_of(request.services.now())))
    rows = request.services.usage.rows(request.tenant, first.isoformat(), last.isoformat())
    sums = grouped(bounded(rows), asked.group_by)
    return usage_report_object(first, last, asked.group_by, sums)
