"""Ending a run before its model is done: the model's work, open calls, the run, its thread."""

from dataclasses import dataclass

from understudy.domain.runs import LastError, Run, RunStatus
from understudy.domain.tools import CallStatus
from understudy.errors import (
    ProviderError,
    ProviderRateLimitedError,
    ProviderUnavailableError,
    RunCancellingError,
    RunEndedError,
)
from understudy.observability import logger
from understudy.ports import Ports

SECOND_TRY_SECONDS = 5
"""A cancel that failed within these is sent again; both tries fit into the function's 30 s."""


@dataclass(frozen=True)
class Ending:
    """How a run is to end, and with what error if it failed."""

    status: RunStatus
    error: LastError | None = None


def end_run(ports: Ports, run: Run, ending: Ending) -> Run:
    """Brings an open run to its end; returns it as it ended.

    A cancel that was asked for wins over everything else. That the provider cannot be reached does
    not hold up the end: whatever the response becomes later changes nothing any more.
    """
    if run.response_id:
        _stop_response(ports, run.response_id)
    for call in ports.tool_calls.of_run(run.tenant, run.id):
        if call.status in (CallStatus.PENDING, CallStatus.AWAITING_APPROVAL):
            ports.tool_calls.close(call)
    status = RunStatus.CANCELLED if run.status is RunStatus.CANCELLING else ending.status
    failed = status is RunStatus.FAILED
    ended = run.model_copy(
        update={
            "status": status,
            "ended_at": int(ports.now()),
            "last_error": (run.last_error or ending.error) if failed else None,
        }
    )
    try:
        ports.runs.end(ended)
    except RunCancellingError:
        ended = ended.model_copy(update={"status": RunStatus.CANCELLED, "last_error": None})
        ports.runs.end(ended)
    except RunEndedError:
        stored = ports.runs.get(run.tenant, run.thread_id, run.id)
        return stored if stored is not None else ended
    return ended


def _stop_response(ports: Ports, response_id: str) -> None:
    """Tries twice: a model that is not stopped works, and is paid for, until it is done.

    Not after a failure that was slow to come: the function's time is needed for the run's own end.
    """
    give_up = ports.now() + SECOND_TRY_SECONDS
    try:
        try:
            ports.provider.cancel_response(response_id)
        except (ProviderUnavailableError, ProviderRateLimitedError):
            if ports.now() > give_up:
                raise
            ports.provider.cancel_response(response_id)
    except ProviderError as error:
        logger.warning("response_not_cancelled", error=type(error).__name__)
