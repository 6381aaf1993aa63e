"""The event that tells other systems of the account that a run has ended.

`docs/operations.md` documents the fields. No contents: whoever may read them asks the API.
"""

from understudy.domain.base import Json
from understudy.domain.runs import Run
from understudy.domain.usage import run_cost, run_usage

SOURCE = "understudy"
VERSION = "1"


def event_type(run: Run) -> str:
    """For example `understudy.run.completed`."""
    return f"{SOURCE}.run.{run.status}"


def event_detail(run: Run) -> Json:
    """The event's detail. The same run may be told twice; `run_id` says that it is the same."""
    return {
        "version": VERSION,
        "tenant": run.tenant,
        "run_id": run.id,
        "thread_id": run.thread_id,
        "assistant_id": run.assistant_id,
        "user_id": run.user_id,
        "status": str(run.status),
        "model": run.usage[-1].model if run.usage else run.config.model,
        "created_at": run.created_at,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "usage": run_usage(run.usage),
        "cost_usd": run_cost(run.usage),
        "error_code": run.last_error.code if run.last_error else None,
        "incomplete_reason": run.incomplete_reason,
        "budget_exceeded": bool(run.budget and run.budget.exceeded),
        "degraded": run.degraded,
        "webhook": run.receiver is not None,
    }
