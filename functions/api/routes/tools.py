"""`/tools`, `/approvals` and `…/runs/{run_id}/tool_calls/{call_id}/approve` and `/refuse`"""

from typing import cast

from understudy.domain.decisions import Decision, DecisionReason
from understudy.errors import PermissionDeniedError
from understudy.http.objects.approvals import ApprovalObject, approval_object
from understudy.http.objects.lists import ListOf, PlainList, list_of
from understudy.http.objects.models import ToolObject
from understudy.http.objects.runs import RunObject
from understudy.http.queries import ApprovalPage
from understudy.http.request import Request
from understudy.http.routes import Routes

from ..decide_call import ToolCallDecisions
from .runs import find_run, shown

route = Routes()

MAY_NOT = "This API key may not approve or refuse tool calls."


@route("listTools")
def list_tools(request: Request) -> PlainList[ToolObject]:
    definitions = request.services.tools.definitions(request.caller.server_tools)
    return {"object": "list", "data": cast(list[ToolObject], definitions)}


@route("listApprovals")
def list_approvals(request: Request) -> ListOf[ApprovalObject]:
    wanted, calls = request.query(ApprovalPage), request.services.tool_calls
    page = calls.waiting_page(request.tenant, wanted)
    may_decide = request.caller.may_approve
    shown = [
        approval_object(call, may_decide=may_decide)
        for call in calls.waiting(request.tenant, page.items)
    ]
    last = page.items[-1].id if page.items else None
    return list_of(shown, has_more=page.has_more, last_id=last)


@route("approveToolCall")
def approve_tool_call(request: Request, thread_id: str, run_id: str, call_id: str) -> RunObject:
    return _decided(request, thread_id, run_id, call_id, Decision.APPROVED)


@route("refuseToolCall")
def refuse_tool_call(request: Request, thread_id: str, run_id: str, call_id: str) -> RunObject:
    return _decided(request, thread_id, run_id, call_id, Decision.REFUSED)


def _decided(
    request: Request, thread_id: str, run_id: str, call_id: str, decision: Decision
) -> RunObject:
    if not request.caller.may_approve:
        raise PermissionDeniedError(MAY_NOT, code="may_not_approve")
    body = request.body(DecisionReason)
    run = find_run(request, thread_id, run_id)
    services = request.services
    decisions = ToolCallDecisions(
        services.runs, services.tool_calls, services.waits, services.executions
    )
    decided = decisions.decide(
        run,
        call_id,
        decision,
        reason=body.reason,
        key_digest=request.caller.key_digest,
    )
    return shown(request, decided)
