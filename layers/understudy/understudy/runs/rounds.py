"""What a turn cost, and whether the run may take another."""

from collections.abc import Iterable

from understudy.domain.responses import ResponseResult
from understudy.domain.run_steps import RunStep
from understudy.domain.runs import Run, RunStatus
from understudy.domain.usage import RoundUsage
from understudy.ports import Ports
from understudy.runs.progress import Progress, progress_of


def counted(
    ports: Ports, run: Run, result: ResponseResult
) -> tuple[ResponseResult, list[RoundUsage]]:
    """The result with its cost, and the run's turns with it: once, however often it is taken."""
    if result.usage is None:
        return result, run.usage
    others = [turn for turn in run.usage if turn.response_id != result.usage.response_id]
    usage = ports.prices.priced(result.usage.after(others))
    return result.model_copy(update={"usage": usage}), [*others, usage]


def is_at_cap(run: Run, turns: list[RoundUsage]) -> bool:
    """Whether the run has cost what one run may; a model without a price is never stopped."""
    return run.budget is not None and run.budget.is_used_up(turns)


def stop_at_cap(
    ports: Ports, run: Run, steps: Iterable[RunStep], turns: list[RoundUsage]
) -> Progress:
    """Ends the run incomplete: what the model said is kept, what it wants to call is not called.

    The original knew two reasons only; this is the nearer one, and `budget_exceeded` says more.
    """
    for step in steps:
        if not step.call_ids:
            ports.run_steps.put(step)
    assert run.budget is not None  # is_at_cap said so
    exceeded = run.budget.model_copy(update={"exceeded": True})
    reason = "max_completion_tokens"
    run = ports.runs.change(run, usage=turns, budget=exceeded, incomplete_reason=reason)
    return progress_of(run, RunStatus.INCOMPLETE, now=ports.now())
