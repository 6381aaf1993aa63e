"""Taking a finished response: its steps and calls are stored, and the run knows what comes next."""

from understudy.domain.delays import bounded
from understudy.domain.placed_calls import without_repeats
from understudy.domain.responses import ResponseResult
from understudy.domain.runs import LastError, Run, RunStatus, last_error
from understudy.domain.tools import CallStatus, RunsOn, ToolCall
from understudy.domain.translation import Turn, translate
from understudy.domain.usage import RoundUsage
from understudy.files.provider_ids import with_our_ids
from understudy.ports import Ports
from understudy.runs.progress import Progress, progress_of
from understudy.runs.rounds import counted, is_at_cap, stop_at_cap

from .container import remember_container

MAX_CALLS = 64
"""Function calls in one turn."""

MAX_CALLS_OF_RUN = 256
"""Function calls in all turns; Step Functions' history bounds what one execution may do."""

PASSING_FAILURES = {"server_error", "rate_limit_exceeded"}
"""Codes of a failed response for which another one may succeed."""

SECOND_TRY_SECONDS = 5


def take_turn(ports: Ports, run: Run, result: ResponseResult) -> Progress:
    """Stores what the response means for the run; doing it twice stores the same."""
    now = ports.now()
    if result.status == "cancelled":
        return progress_of(run, RunStatus.CANCELLING, now=now)
    result, turns = counted(ports, run, result)
    if result.status not in ("completed", "incomplete"):
        passes = result.error_code in PASSING_FAILURES
        if passes and not run.tried_again and not is_at_cap(run, turns):
            return _second_try(ports, run, turns)
        error = last_error(result.error_code, result.error_message or "The model failed.")
        return _failed(ports, run, error, turns)
    remember_container(ports, run, result)
    turn = translate(run, with_our_ids(ports.files, run.tenant, result), now=int(now))
    if len(turn.calls) > MAX_CALLS or run.calls + len(turn.calls) > MAX_CALLS_OF_RUN:
        error = last_error(None, "The model made too many function calls.")
        return _failed(ports, run, error, turns)
    if turn.calls and run.round + 1 > ports.settings.max_tool_rounds:
        error = last_error(None, "The model called tools too many times.")
        return _failed(ports, run, error, turns)
    if turn.calls and is_at_cap(run, turns):
        return stop_at_cap(ports, run, turn.steps, turns)
    calls = without_repeats(turn.calls, _earlier_calls(ports, run, turn))
    for call in calls:
        ports.tool_calls.put_new(call)
    for step in turn.steps:
        ports.run_steps.put(step)
    if not turn.calls:
        done = RunStatus.INCOMPLETE if result.status == "incomplete" else RunStatus.COMPLETED
        return progress_of(run, done, now=now)
    status = RunStatus.REQUIRES_ACTION if turn.asks_client else RunStatus.IN_PROGRESS
    run = ports.runs.change(run, status=status, usage=turns)
    if all(call.output is not None for call in calls):  # there is nothing to execute or wait for
        return progress_of(run, RunStatus.QUEUED, now=now)
    pending = [
        call.call_id
        for call in calls
        if call.runs_on is RunsOn.SERVER and call.status is CallStatus.PENDING
    ]
    return progress_of(run, status, now=now, server_calls=pending)


def _earlier_calls(ports: Ports, run: Run, turn: Turn) -> list[ToolCall]:
    """The calls of the run's earlier rounds, where there may be some and it matters."""
    if run.round == 0 or not turn.calls:
        return []
    calls = ports.tool_calls.of_run(run.tenant, run.id)
    return [call for call in calls if call.round < run.round]


def _second_try(ports: Ports, run: Run, turns: list[RoundUsage]) -> Progress:
    """Takes the run back to before it asked for the response that failed, once in its life.

    What that response used is paid for all the same, so it stays among the run's turns.
    """
    now = ports.now()
    run = ports.runs.change(
        run,
        status=RunStatus.QUEUED,
        response_id=run.previous_response_id,
        round=run.round - 1 if run.previous_response_id else run.round,
        tried_again=True,
        usage=turns,
    )
    asleep = progress_of(run, RunStatus.IN_PROGRESS, now=now)
    delay = bounded(SECOND_TRY_SECONDS, run.deadline - now)
    return asleep.model_copy(update={"delay_seconds": delay})


def _failed(ports: Ports, run: Run, error: LastError, turns: list[RoundUsage]) -> Progress:
    run = ports.runs.change(run, last_error=error, usage=turns)
    return progress_of(run, RunStatus.FAILED, now=ports.now())
