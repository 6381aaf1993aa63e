"""Asking the model for a turn: the response is created once, and the run knows it."""

import math
from collections.abc import Sequence

from understudy.actions.progress import Progress, progress_of
from understudy.domain.responses import ResponseRequest
from understudy.domain.runs import Run, RunStatus
from understudy.domain.tools import ToolCall
from understudy.errors import ProviderRateLimitedError, RunCancellingError, RunEndedError
from understudy.ports import Ports

MAX_REFUSALS = 6
"""How often one turn may be told to wait before the run goes on without the Responses API."""

MAX_RETRY_AFTER = 300


def ask_model(
    ports: Ports, run: Run, request: ResponseRequest, *, answered: Sequence[ToolCall] = ()
) -> Progress:
    """Creates the response and moves the run on; `answered` are the calls whose outputs it gets.

    A provider that asks for patience is waited for in the state machine, not here. Raises the
    provider's errors otherwise, and RunEndedError if the run ended meanwhile.
    """
    try:
        created = ports.provider.create_response(request)
    except ProviderRateLimitedError as error:
        if run.attempts >= MAX_REFUSALS:
            raise
        return _patience(ports, run, error.retry_after)
    known = {
        "response_id": created.id,
        "round": run.round + (1 if answered else 0),
        "attempts": 0,
        "started_at": int(ports.now()),
    }
    try:
        run = ports.runs.change(run, status=RunStatus.IN_PROGRESS, **known)
    except RunCancellingError:
        run = ports.runs.change(run, **known)
    except RunEndedError:
        ports.provider.cancel_response(created.id)
        raise
    _close_steps(ports, run, answered)
    webhooks = ports.settings.webhooks_enabled
    if webhooks and ports.runs.map_response(created.id, run):
        ports.runs.leave_news(run.tenant, run.thread_id, run.id)
    return progress_of(run, run.status, now=ports.now(), webhooks=webhooks)


def _patience(ports: Ports, run: Run, retry_after: float) -> Progress:
    run = ports.runs.change(run, status=RunStatus.QUEUED, attempts=run.attempts + 1)
    waiting = progress_of(run, RunStatus.QUEUED, now=ports.now())
    seconds = min(math.ceil(retry_after), MAX_RETRY_AFTER, max(1, int(run.deadline - ports.now())))
    return waiting.model_copy(update={"delay_seconds": max(1, seconds)})


def _close_steps(ports: Ports, run: Run, answered: Sequence[ToolCall]) -> None:
    """The steps whose calls are answered now are over."""
    for step_id in dict.fromkeys(call.step_id for call in answered):
        step = ports.run_steps.get(run.tenant, run.thread_id, run.id, step_id)
        if step is not None and step.status == "in_progress":
            over = {"status": "completed", "ended_at": int(ports.now())}
            ports.run_steps.put(step.model_copy(update=over))
