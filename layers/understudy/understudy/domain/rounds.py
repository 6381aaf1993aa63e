"""Rounds of a run: what a finished response means for the run, and what it cost.

Nothing is read or written here; functions store what these return.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from understudy.domain.ids import milliseconds
from understudy.domain.placed_calls import without_repeats
from understudy.domain.prices import PriceTable
from understudy.domain.responses import ResponseResult
from understudy.domain.run_errors import LastError, failed_response_error, last_error
from understudy.domain.run_steps import RunStep
from understudy.domain.runs import Run, RunStatus
from understudy.domain.tools import CallStatus, RunsOn, ToolCall
from understudy.domain.translation import Round, translate
from understudy.domain.usage import RoundUsage

MAX_CALLS: Final = 64
"""Function calls in one round."""

MAX_CALLS_OF_RUN: Final = 256
"""Function calls in all rounds: the history of a Step Functions execution is limited."""

RETRYABLE_FAILURES: Final = {"server_error", "rate_limit_exceeded"}
"""Codes of a failed response after which a new response may succeed."""

RETRY_SECONDS: Final = 5


@dataclass(frozen=True)
class Outcome:
    """What a finished response means for its run.

    `status` is where the run goes next, `changes` are attributes of the run to store, `steps` and
    `calls` are to be stored before them. The run sleeps for at least `sleep` seconds.
    """

    status: RunStatus
    changes: Mapping[str, object] = field(default_factory=dict)
    steps: Sequence[RunStep] = ()
    calls: Sequence[ToolCall] = ()
    sleep: int = 0

    @property
    def server_calls(self) -> list[str]:
        """The ids of calls that a server-side tool can execute now."""
        return [
            call.call_id
            for call in self.calls
            if call.runs_on is RunsOn.SERVER and call.status is CallStatus.PENDING
        ]


def outcome_of(
    run: Run,
    result: ResponseResult,
    usage: list[RoundUsage],
    *,
    earlier: Sequence[ToolCall],
    max_rounds: int,
    now: float,
) -> Outcome:
    """Returns what a finished response means; the same response always means the same.

    `usage` is the run's usage with this response. `earlier` are the calls of earlier rounds.
    """
    if result.status == "cancelled":
        return Outcome(RunStatus.CANCELLING)
    if result.status not in ("completed", "incomplete"):
        return _failed_response(run, result, usage)
    read = translate(run, result, now=int(now))
    if not read.calls:
        done = RunStatus.INCOMPLETE if result.status == "incomplete" else RunStatus.COMPLETED
        return Outcome(done, steps=read.steps)
    if len(read.calls) > MAX_CALLS or run.calls + len(read.calls) > MAX_CALLS_OF_RUN:
        return _failed(last_error(None, "The model made too many function calls."), usage)
    if run.round + 1 > max_rounds:
        return _failed(last_error(None, "The model called tools too many times."), usage)
    if is_at_cap(run, usage):
        return stopped_at_cap(run, read, usage)
    return _calls(read, usage, earlier, now)


def counted(
    prices: PriceTable, run: Run, result: ResponseResult, now: float
) -> tuple[ResponseResult, list[RoundUsage]]:
    """Returns the result with its cost, and the run's usage with it and its times; idempotent."""
    if result.usage is None:
        return result, run.usage
    others = [used for used in run.usage if used.response_id != result.usage.response_id]
    known = [used for used in run.usage if used.response_id == result.usage.response_id]
    ended = known[0].ended_ms if known else milliseconds(now)
    priced = prices.priced(result.usage.after(others)).model_copy(update={"ended_ms": ended})
    # The run knows when it asked; the step, which is close to a second write unit, does without.
    timed = priced.model_copy(update={"started_ms": run.asked_ms})
    return result.model_copy(update={"usage": priced}), [*others, timed]


def is_at_cap(run: Run, usage: list[RoundUsage]) -> bool:
    """Returns whether the run has cost its cap; a model without a price never stops a run."""
    return run.budget is not None and run.budget.is_used_up(usage)


def stopped_at_cap(run: Run, read: Round, usage: list[RoundUsage]) -> Outcome:
    """Returns the outcome of a run that ends incomplete at its cap, without executing its calls.

    OpenAI's API has only two reasons for incomplete runs; this is the closer one, and the field
    `budget_exceeded` adds the rest.
    """
    assert run.budget is not None  # only a run with a cap is at its cap
    return Outcome(
        RunStatus.INCOMPLETE,
        changes={
            "usage": usage,
            "budget": run.budget.model_copy(update={"exceeded": True}),
            "incomplete_reason": "max_completion_tokens",
        },
        steps=[step for step in read.steps if not step.call_ids],
    )


def _failed_response(run: Run, result: ResponseResult, usage: list[RoundUsage]) -> Outcome:
    """A response with a retryable error is requested once more per run, unless it was shown.

    The run goes back to before its request. The failed response is billed, so its usage stays. Text
    that a stream has sent cannot be taken back, so the run fails after it.
    """
    retryable = result.error_code in RETRYABLE_FAILURES
    is_shown = run.shown_response_id == result.id
    if not retryable or is_shown or run.tried_again or is_at_cap(run, usage):
        return _failed(failed_response_error(result.error_code, result.error_message), usage)
    return Outcome(
        RunStatus.IN_PROGRESS,
        changes={
            "status": RunStatus.QUEUED,
            "response_id": run.previous_response_id,
            "round": run.round - 1 if run.previous_response_id else run.round,
            "tried_again": True,
            "usage": usage,
        },
        sleep=RETRY_SECONDS,
    )


def _failed(error: LastError, usage: list[RoundUsage]) -> Outcome:
    return Outcome(RunStatus.FAILED, changes={"last_error": error, "usage": usage})


def _calls(
    read: Round, usage: list[RoundUsage], earlier: Sequence[ToolCall], now: float
) -> Outcome:
    calls = without_repeats(read.calls, earlier)
    status = RunStatus.REQUIRES_ACTION if read.needs_client else RunStatus.IN_PROGRESS
    all_done = all(call.output is not None for call in calls)
    return Outcome(
        RunStatus.QUEUED if all_done else status,
        changes={"status": status, "usage": usage},
        steps=read.steps,
        calls=calls,
    )
