"""The provider's Responses API is down: the run is answered by chat completions instead.

The same messages go there with the calls and outputs that the run has so far, in a bounded loop
inside one function. Each chat completion is asked for once: while everything is down, another try
for each run would only add to the load.
"""

from understudy.domain.chat import chat_request
from understudy.domain.models import resolve_model
from understudy.domain.responses import ResponseResult
from understudy.domain.runs import Run, RunStatus
from understudy.domain.token_limits import newest_within
from understudy.domain.tools import CallStatus, RunsOn, ToolCall, error_output
from understudy.domain.translation import Turn, translate
from understudy.errors import ProviderError
from understudy.observability import logger
from understudy.ports import Ports
from understudy.runs.progress import Progress, progress_of
from understudy.runs.rounds import counted, is_at_cap, stop_at_cap
from understudy.runs.tool_calls import execute_call

MAX_TURNS = 5
"""Chat completions for one run: four turns of tools and an answer."""

SECONDS = 100
"""For all of it; below the time of the function and of its state."""

LEAST_SECONDS = 2
"""No turn is begun with less."""

DEGRADED = {"degraded": "true"}
"""What the run's metadata says, so that a client can tell its user."""


def answer_directly(ports: Ports, run: Run, progress: Progress) -> Progress:
    """The run as it stands after the answer; FetchResponse makes a message of it.

    If this fails as well the run fails with what went wrong first. Raises RunCancellingError if a
    cancel comes, and RunEndedError if the run ends meanwhile.
    """
    started = ports.now()
    _forget_response(ports, run)
    newest = ports.messages.newest_first(run.tenant, run.thread_id)
    messages = newest_within(newest, run.config)
    chosen = ports.settings
    model = chosen.fallback_model or resolve_model(run.config.model, chosen.model_aliases)
    for _ in range(MAX_TURNS):
        seconds = min(started + SECONDS, run.deadline) - ports.now()
        if seconds < LEAST_SECONDS:
            break
        calls = ports.tool_calls.of_run(run.tenant, run.id)
        try:
            request = chat_request(run, messages, calls, model)
            result = ports.completions.complete(request, seconds=seconds)
        except ProviderError as error:
            logger.warning("fallback_failed", error=type(error).__name__)
            break
        run = _marked(ports, run)
        done = _take(ports, run, result, seconds=started + SECONDS - ports.now())
        if done is not None:
            return done
    return progress.model_copy(update={"status": RunStatus.FAILED})


def _forget_response(ports: Ports, run: Run) -> None:
    """The response that could not be read may be at work still; its answer is not wanted now."""
    if run.response_id is None:
        return
    try:
        ports.provider.cancel_response(run.response_id)
    except ProviderError as error:
        logger.warning("response_not_cancelled", error=type(error).__name__)


def _marked(ports: Ports, run: Run) -> Run:
    """The run in a round of its own, so that its steps do not meet those of the round before."""
    return ports.runs.change(
        run,
        status=RunStatus.IN_PROGRESS,
        round=run.round + 1,
        started_at=run.started_at or int(ports.now()),
        degraded=True,
        metadata={**run.metadata, **DEGRADED},
    )


def _take(ports: Ports, run: Run, result: ResponseResult, *, seconds: float) -> Progress | None:
    """Stores a turn and executes its calls; how the run ends, None if it needs another turn."""
    now = ports.now()
    result, turns = counted(ports, run, result)
    turn = translate(run, result, now=int(now))
    if turn.calls and is_at_cap(run, turns):
        return stop_at_cap(ports, run, turn.steps, turns)
    for call in turn.calls:
        ports.tool_calls.put_new(_ours(call))
    for step in turn.steps:
        over = {"status": "completed", "ended_at": int(now)} if step.call_ids else {}
        ports.run_steps.put(step.model_copy(update=over))
    run = ports.runs.change(run, usage=turns)
    if not turn.calls:
        done = RunStatus.INCOMPLETE if result.status == "incomplete" else RunStatus.COMPLETED
        return progress_of(run, done, now=now)
    _execute(ports, turn, seconds=seconds)
    return None


def _execute(ports: Ports, turn: Turn, *, seconds: float) -> None:
    share = max(LEAST_SECONDS, seconds / len(turn.calls))
    for call in turn.calls:
        if _is_ours(call):
            execute_call(ports, call, seconds=share)
        else:
            output = error_output("unavailable", "This function cannot be called at the moment.")
            ports.tool_calls.answer(_ours(call), output, failed=True)


def _is_ours(call: ToolCall) -> bool:
    return call.runs_on is RunsOn.SERVER and call.status is CallStatus.PENDING


def _ours(call: ToolCall) -> ToolCall:
    """The call as one that is answered here: nobody waits for a client or an approval now."""
    return call.model_copy(update={"runs_on": RunsOn.SERVER, "status": CallStatus.PENDING})
