"""Asking the model for a turn: the response is created once, and the run knows it."""

import math
from collections.abc import Sequence

from understudy.domain.delays import bounded
from understudy.domain.responses import ResponseRequest
from understudy.domain.runs import Run, RunStatus
from understudy.domain.tools import ToolCall
from understudy.errors import ProviderRateLimitedError, RunCancellingError, RunEndedError
from understudy.files.provider_ids import with_provider_ids
from understudy.ports import Ports
from understudy.runs.progress import Progress, progress_of
from understudy.runs.wake import expect_webhook

MAX_REFUSALS = 10
"""How often one run may be told to wait before it goes on without the Responses API."""


def ask_model(
    ports: Ports, run: Run, request: ResponseRequest, *, answered: Sequence[ToolCall] = ()
) -> Progress:
    """Creates the response and moves the run on; `answered` are the calls whose outputs it gets.

    A provider that asks for patience is waited for in the state machine, not here. Raises the
    provider's errors otherwise, and RunEndedError if the run ended meanwhile.
    """
    _close_steps(ports, run, answered)
    try:
        created = ports.provider.create_response(
            with_provider_ids(ports.files, ports.vector_stores, run.tenant, request)
        )
    except ProviderRateLimitedError as error:
        if run.attempts >= MAX_REFUSALS or ports.now() + error.retry_after >= run.deadline:
            raise
        return _patience(ports, run, error.retry_after)
    known = {
        "response_id": created.id,
        "previous_response_id": request.previous_response_id,
        "round": run.round + (1 if answered else 0),
        "calls": run.calls + len(answered),
        "started_at": int(ports.now()),  # anew for each turn, as the original did
    }
    try:
        run = ports.runs.change(run, status=RunStatus.IN_PROGRESS, **known)
    except RunCancellingError:
        run = ports.runs.change(run, **known)
    except RunEndedError:
        ports.provider.cancel_response(created.id)
        raise
    return already_asked(ports, run)


def already_asked(ports: Ports, run: Run) -> Progress:
    """Where a run stands whose response is on its way, just now or since a try before this one."""
    expect_webhook(ports, run)
    chosen = ports.settings
    return progress_of(
        run,
        run.status,
        now=ports.now(),
        webhooks=chosen.webhooks_enabled,
        backoff=chosen.poll_seconds,
    )


def _patience(ports: Ports, run: Run, retry_after: float) -> Progress:
    """The run is queued again, and sleeps for as long as the provider wants it to."""
    run = ports.runs.change(run, status=RunStatus.QUEUED, attempts=run.attempts + 1)
    waiting = progress_of(run, RunStatus.QUEUED, now=ports.now())
    seconds = max(math.ceil(retry_after), waiting.delay_seconds)
    delay = bounded(seconds, run.deadline - ports.now())
    return waiting.model_copy(update={"delay_seconds": delay})


def _close_steps(ports: Ports, run: Run, answered: Sequence[ToolCall]) -> None:
    """The steps whose calls are answered are over, however often the model has to be asked."""
    for step_id in dict.fromkeys(call.step_id for call in answered):
        step = ports.run_steps.get(run.tenant, run.thread_id, run.id, step_id)
        if step is not None and step.status == "in_progress":
            over = {"status": "completed", "ended_at": int(ports.now())}
            ports.run_steps.put(step.model_copy(update=over))
