"""The EventBridge event that announces the end of a run to other systems of the account.

`docs/operations.md` documents the fields. It has no contents; the API returns those to a caller
that may read them.
"""

from understudy.domain.base import Json
from understudy.domain.drops import RUN_METADATA
from understudy.domain.run_errors import ProviderFailure
from understudy.domain.runs import Run
from understudy.domain.usage import run_cost, run_usage

SOURCE = "understudy"
VERSION = "1"


def event_type(run: Run) -> str:
    """Returns the detail type, for example `understudy.run.completed`."""
    return f"{SOURCE}.run.{run.status}"


def event_detail(run: Run) -> Json:
    """Returns the event's detail. An event may be delivered twice; deduplicate by `run_id`."""
    error = run.last_error
    provider = (error.provider if error else None) or ProviderFailure()
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
        "error_code": error.code if error else None,
        "provider_status": provider.status,
        "provider_code": provider.code,
        "incomplete_reason": run.incomplete_reason,
        "budget_exceeded": bool(run.budget and run.budget.exceeded),
        "degraded": run.degraded,
        "webhook": run.receiver is not None,
        "drops": run.has_drops or RUN_METADATA in run.metadata,
    }
