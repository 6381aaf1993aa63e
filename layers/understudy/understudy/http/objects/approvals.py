"""Tool calls that wait for an approval."""

from typing import Literal

from typing_extensions import TypedDict

from understudy.domain.approvals import Approval
from understudy.domain.tools import ToolCall
from understudy.http.objects.runs import RequiredCall, required_call


class ApprovalObject(TypedDict):
    """A call that waits to be approved or refused. `may_decide` says whether this key may do so."""

    id: str
    object: Literal["approval"]
    thread_id: str
    run_id: str
    user_id: str | None
    tool_call: RequiredCall
    created_at: int | None
    expires_at: int | None
    may_decide: bool


def approval_object(call: ToolCall, *, may_decide: bool) -> ApprovalObject:
    """Returns the call as a list of approvals shows it."""
    return {
        "id": Approval.of(call).id,
        "object": "approval",
        "thread_id": call.thread_id,
        "run_id": call.run_id,
        "user_id": call.user_id,
        "tool_call": required_call(call),
        "created_at": None if call.asked_ms is None else call.asked_ms // 1000,
        "expires_at": call.deadline,
        "may_decide": may_decide,
    }
