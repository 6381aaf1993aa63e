"""`/usage`"""

from datetime import date

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from understudy.domain.usage import day_of
from understudy.domain.usage_report import UsageRequest, usage_report
from understudy.http.frame import Request, answer
from understudy.http.validation import parse

router = Router()


@router.get("/usage")
def retrieve_usage() -> Response[str]:
    request = Request(router)
    given = {name: request.query(name) for name in UsageRequest.model_fields}
    sent = {name: value for name, value in given.items() if value is not None}
    asked = parse(UsageRequest, sent, strict=False)
    first, last = asked.days(date.fromisoformat(day_of(request.services.now())))
    rows = request.services.usage.rows(request.tenant, first.isoformat(), last.isoformat())
    return answer(usage_report(asked, first, last, rows))
