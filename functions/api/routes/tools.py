"""`/tools` and `…/runs/{run_id}/tool_calls/{call_id}/approve` and `/refuse`"""

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from understudy.domain.decisions import Decision, DecisionReason
from understudy.errors import PermissionDeniedError
from understudy.http.frame import Request, answer

from ..decide_call import decide_call
from . import runs

router = Router()

MAY_NOT = "This API key may not approve or refuse tool calls."


@router.get("/tools")
def list_tools() -> Response[str]:
    request = Request(router)
    definitions = request.services.tools.definitions(request.caller.server_tools)
    return answer({"object": "list", "data": definitions})


@router.post("/threads/<thread_id>/runs/<run_id>/tool_calls/<call_id>/approve")
def approve_tool_call(thread_id: str, run_id: str, call_id: str) -> Response[str]:
    return _decided(thread_id, run_id, call_id, Decision.APPROVED)


@router.post("/threads/<thread_id>/runs/<run_id>/tool_calls/<call_id>/refuse")
def refuse_tool_call(thread_id: str, run_id: str, call_id: str) -> Response[str]:
    return _decided(thread_id, run_id, call_id, Decision.REFUSED)


def _decided(thread_id: str, run_id: str, call_id: str, decision: Decision) -> Response[str]:
    request = Request(router)
    if not request.caller.may_approve:
        raise PermissionDeniedError(MAY_NOT, code="may_not_approve")
    body = request.body(DecisionReason)
    run = runs.find(request, thread_id, run_id)
    decided = decide_call(
        request.services,
        run,
        call_id,
        decision,
        reason=body.reason,
        key_digest=request.caller.key_digest,
    )
    return runs.shown(request, decided)
