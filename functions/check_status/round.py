"""Finishes a round: stores the response's steps, calls and usage; returns the run's progress."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from understudy.domain.prices import PriceTable
from understudy.domain.responses import ResponseResult
from understudy.domain.rounds import Outcome, counted, outcome_of
from understudy.domain.runs import Run
from understudy.errors import ResponseShownError
from understudy.files.provider_ids import with_our_ids
from understudy.runs.progress import Pacing, Progress
from understudy.runs.turn_messages import TurnMessages
from understudy.services import Services

from .container import remember_container

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.run_steps import RunSteps
    from understudy.adapters.dynamodb.runs import Runs
    from understudy.adapters.dynamodb.tool_calls import ToolCalls


@dataclass(frozen=True)
class Rounds:
    """Finishes rounds. All of its writes are idempotent: a retried step stores the same items.

    `remember_container` stores the code interpreter container that a response used.
    `with_our_ids` replaces the provider's file ids in a result of a tenant.
    """

    runs: "Runs"
    run_steps: "RunSteps"
    tool_calls: "ToolCalls"
    prices: PriceTable
    pacing: Pacing
    turn_messages: TurnMessages
    max_rounds: int
    remember_container: Callable[[Run, ResponseResult], None]
    with_our_ids: Callable[[str, ResponseResult], ResponseResult]

    def finish(self, run: Run, result: ResponseResult) -> Progress:
        """Stores the steps, calls and usage of a finished response; returns the run's progress.

        What the model wrote before its calls becomes messages of the thread at once. Raises
        RunEndedError if the run has ended meanwhile.
        """
        outcome = self._outcome(run, result)
        for call in outcome.calls:
            self.tool_calls.put_new(call)
        steps = outcome.steps
        if outcome.calls:
            steps = self.turn_messages.publish(run, steps)
        for step in steps:
            self.run_steps.put(step)
        try:
            run = self.runs.change(run, **outcome.changes) if outcome.changes else run
        except ResponseShownError:
            return self.finish(self.runs.get_open(run.tenant, run.thread_id, run.id), result)
        return self.pacing.progress(
            run, outcome.status, server_calls=outcome.server_calls, at_least=outcome.sleep
        )

    def _outcome(self, run: Run, result: ResponseResult) -> Outcome:
        result, usage = counted(self.prices, run, result, self.pacing.now())
        if result.status in ("completed", "incomplete"):
            self.remember_container(run, result)
            result = self.with_our_ids(run.tenant, result)
        earlier = []
        if run.round > 0 and result.function_calls:
            calls = self.tool_calls.of_run(run.tenant, run.id)
            earlier = [call for call in calls if call.round < run.round]
        return outcome_of(
            run,
            result,
            usage,
            earlier=earlier,
            max_rounds=self.max_rounds,
            now=self.pacing.now(),
        )


def rounds(services: Services) -> Rounds:
    """Returns the service that finishes rounds, with this deployment's dependencies."""
    return Rounds(
        runs=services.runs,
        run_steps=services.run_steps,
        tool_calls=services.tool_calls,
        prices=services.prices,
        pacing=services.pacing,
        turn_messages=services.turn_messages,
        max_rounds=services.settings.max_tool_rounds,
        remember_container=partial(remember_container, services.threads, services.file_uses),
        with_our_ids=partial(with_our_ids, services.files.owners),
    )
