"""Completes a run with chat completions while the provider's Responses API is down.

The request has the same messages and the run's calls with their outputs. All rounds are done inside
one function, and each chat completion is requested once: during an outage, retries for every run
would only add to the load.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from understudy.domain.chat import chat_request
from understudy.domain.models import resolve_model
from understudy.domain.prices import PriceTable
from understudy.domain.responses import ResponseResult
from understudy.domain.rounds import counted, is_at_cap, stopped_at_cap
from understudy.domain.runs import Run, RunStatus
from understudy.domain.token_limits import newest_within
from understudy.domain.tools import CallStatus, RunsOn, ToolCall, error_output
from understudy.domain.translation import Round, translate
from understudy.errors import ProviderError
from understudy.observability import error_keys, logger
from understudy.ports import Completions, Provider
from understudy.runs.progress import Pacing, Progress
from understudy.runs.tool_calls import ToolExecutor
from understudy.runs.turn_messages import TurnMessages

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.messages import Messages
    from understudy.adapters.dynamodb.run_steps import RunSteps
    from understudy.adapters.dynamodb.runs import Runs
    from understudy.adapters.dynamodb.tool_calls import ToolCalls

MAX_ROUNDS = 5
"""Chat completions for one run: four rounds of tools and a message."""

SECONDS = 100
"""The time for all rounds; less than the timeouts of the function and of its state."""

LEAST_SECONDS = 2
"""A round starts only if at least this much time is left."""

DEGRADED = {"degraded": "true"}
"""Added to the run's metadata, so that a client can tell its user."""


@dataclass(frozen=True)
class Fallback:
    """Runs the chat completions. `model` replaces the run's model unless it is empty."""

    runs: "Runs"
    run_steps: "RunSteps"
    messages: "Messages"
    tool_calls: "ToolCalls"
    executor: ToolExecutor
    provider: Provider
    completions: Completions
    prices: PriceTable
    pacing: Pacing
    turn_messages: TurnMessages
    model: str
    aliases: Mapping[str, str]

    def run(self, run: Run, progress: Progress) -> Progress:
        """Returns the run's progress after its last message, which FetchResponse adds.

        If a completion fails, or the rounds or the time run out, the run fails with the error in
        `progress`. Raises RunCancellingError after a cancel request, and RunEndedError.
        """
        give_up = self.pacing.now() + SECONDS
        self._cancel_response(run)
        messages = newest_within(self.messages.before_run(run), run.config)
        model = self.model or resolve_model(run.config.model, self.aliases)
        for _ in range(MAX_ROUNDS):
            seconds = min(give_up, run.deadline) - self.pacing.now()
            if seconds < LEAST_SECONDS:
                break
            calls = self.tool_calls.of_run(run.tenant, run.id)
            try:
                request = chat_request(run, messages, calls, model)
                result = self.completions.complete(request, seconds=seconds)
            except ProviderError as error:
                logger.warning("fallback_failed", **error_keys(error))
                break
            run = self._degraded(run)
            done = self._finish_round(run, result, give_up=give_up)
            if done is not None:
                return done
        return progress.model_copy(update={"status": RunStatus.FAILED})

    def _cancel_response(self, run: Run) -> None:
        """Cancels the response that could not be read: its message would not be used."""
        if run.response_id is None:
            return
        try:
            self.provider.cancel_response(run.response_id)
        except ProviderError as error:
            logger.warning("response_not_cancelled", **error_keys(error))

    def _degraded(self, run: Run) -> Run:
        """Marks the run as degraded and begins a round, so that its steps get ids of their own."""
        return self.runs.change(
            run,
            status=RunStatus.IN_PROGRESS,
            round=run.round + 1,
            started_at=run.started_at or int(self.pacing.now()),
            degraded=True,
            metadata={**run.metadata, **DEGRADED},
        )

    def _finish_round(self, run: Run, result: ResponseResult, *, give_up: float) -> Progress | None:
        """Stores a round and executes its calls; returns None if the run needs another round."""
        now = int(self.pacing.now())
        result, usage = counted(self.prices, run, result, self.pacing.now())
        read = translate(run, result, now=now)
        if read.calls and is_at_cap(run, usage):
            stopped = stopped_at_cap(run, read, usage)
            for step in stopped.steps:
                self.run_steps.put(step)
            return self.pacing.progress(self.runs.change(run, **stopped.changes), stopped.status)
        for call in read.calls:
            self.tool_calls.put_new(_executed_here(call))
        steps = self.turn_messages.publish(run, read.steps) if read.calls else read.steps
        for step in steps:
            over = {"status": "completed", "ended_at": now} if step.call_ids else {}
            self.run_steps.put(step.model_copy(update=over))
        run = self.runs.change(run, usage=usage)
        if not read.calls:
            incomplete = result.status == "incomplete"
            done = RunStatus.INCOMPLETE if incomplete else RunStatus.COMPLETED
            return self.pacing.progress(run, done)
        self._execute(read, seconds=give_up - self.pacing.now())
        return None

    def _execute(self, read: Round, *, seconds: float) -> None:
        share = max(LEAST_SECONDS, seconds / len(read.calls))
        for call in read.calls:
            if call.runs_on is RunsOn.SERVER and call.status is CallStatus.PENDING:
                self.executor.execute(call, seconds=share)
            else:
                output = error_output(
                    "unavailable", "This function cannot be called at the moment."
                )
                self.tool_calls.store_output(_executed_here(call), output, failed=True)


def _executed_here(call: ToolCall) -> ToolCall:
    """Returns the call as pending on the server: the fallback waits for no client or approval."""
    return call.model_copy(update={"runs_on": RunsOn.SERVER, "status": CallStatus.PENDING})
