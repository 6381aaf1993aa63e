"""Taking a finished response: its steps and calls are stored, and the run knows what comes next."""

from understudy.actions.end_run import last_error
from understudy.actions.progress import Progress, progress_of
from understudy.domain.responses import ResponseResult
from understudy.domain.runs import LastError, Run, RunStatus
from understudy.domain.tools import CallStatus, RunsOn
from understudy.domain.translation import translate
from understudy.domain.usage import TurnUsage
from understudy.ports import Ports

MAX_CALLS = 64
"""Function calls in one turn; Step Functions' history bounds what one execution may do."""


def take_turn(ports: Ports, run: Run, result: ResponseResult) -> Progress:
    """Stores what the response means for the run; doing it twice stores the same."""
    now = ports.now()
    if result.status == "cancelled":
        return progress_of(run, RunStatus.CANCELLING, now=now)
    if result.status not in ("completed", "incomplete"):
        error = last_error(result.error_code, result.error_message or "The model failed.")
        return _failed(ports, run, error)
    if result.usage is not None:
        cost = ports.prices.cost_of(result.usage)
        usage = result.usage.model_copy(update={"cost_usd": cost})
        result = result.model_copy(update={"usage": usage})
    turn = translate(run, result, now=int(now))
    if len(turn.calls) > MAX_CALLS:
        return _failed(ports, run, last_error(None, f"The model made {len(turn.calls)} calls."))
    if turn.calls and run.round + 1 > ports.settings.max_tool_rounds:
        return _failed(ports, run, last_error(None, "The model called tools too many times."))
    for call in turn.calls:
        ports.tool_calls.put_new(call)
    for step in turn.steps:
        ports.run_steps.put(step)
    if not turn.calls:
        done = RunStatus.INCOMPLETE if result.status == "incomplete" else RunStatus.COMPLETED
        return progress_of(run, done, now=now)
    status = RunStatus.REQUIRES_ACTION if turn.asks_client else RunStatus.IN_PROGRESS
    run = ports.runs.change(run, status=status, turns=_with(run, result.usage))
    pending = [
        call.call_id
        for call in turn.calls
        if call.runs_on is RunsOn.SERVER and call.status is CallStatus.PENDING
    ]
    return progress_of(run, status, now=now, server_calls=pending)


def _failed(ports: Ports, run: Run, error: LastError) -> Progress:
    run = ports.runs.change(run, last_error=error)
    return progress_of(run, RunStatus.FAILED, now=ports.now())


def _with(run: Run, usage: TurnUsage | None) -> list[TurnUsage]:
    """The run's turns with this one, which is counted once however often it is taken."""
    if usage is None:
        return run.turns
    others = [turn for turn in run.turns if turn.response_id != usage.response_id]
    return [*others, usage]
