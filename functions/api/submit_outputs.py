"""Stores the outputs of function calls that the client executed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from understudy.domain.runs import Run, RunStatus
from understudy.domain.tool_outputs import SubmittedOutputs, matched
from understudy.domain.tools import CallStatus, RunsOn, ToolCall
from understudy.errors import InvalidRequestError, RunEndedError, not_found
from understudy.ports import Executions
from understudy.runs.wake import wake

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.run_steps import RunSteps
    from understudy.adapters.dynamodb.runs import Runs
    from understudy.adapters.dynamodb.tool_calls import ToolCalls
    from understudy.adapters.dynamodb.waits import Waits


@dataclass(frozen=True)
class OutputSubmission:
    """Accepts tool outputs. A client that got no response may submit the same outputs again."""

    runs: "Runs"
    run_steps: "RunSteps"
    tool_calls: "ToolCalls"
    waits: "Waits"
    executions: Executions
    now: Callable[[], float]

    def submit(self, run: Run, body: SubmittedOutputs) -> Run:
        """Stores the outputs, queues the run and wakes it; returns the current run.

        A run with calls that wait for approval stays as it is. Outputs that were all submitted
        before change nothing, whatever the run's status is now. Raises InvalidRequestError if the
        run does not wait for outputs, or waits for those of other calls.
        """
        given = {output.tool_call_id: output.output for output in body.tool_outputs}
        calls = self.tool_calls.of_run(run.tenant, run.id)
        if run.status is not RunStatus.REQUIRES_ACTION or _is_of_earlier_round(run, calls, given):
            return self._resubmitted(run, calls, given)
        calls = [call for call in calls if call.round == run.round]
        clients = [call for call in calls if call.runs_on is RunsOn.CLIENT]
        # A call with exactly this output belongs to a submission that was not completed.
        expected = [
            call
            for call in clients
            if call.status is CallStatus.PENDING or given.get(call.call_id, "") == call.output
        ]
        outputs = matched(expected, body.tool_outputs)
        if body.stream:
            run = self._streamed(run)
        stored = [self.tool_calls.store_output(call, outputs[call.call_id]) for call in expected]
        if any(call.waits_for_approval for call in calls):
            # A concurrent request may be storing the last approval.
            wake(self.waits, self.executions, run.wait_id)
            return run
        moved = self.runs.move(run, RunStatus.QUEUED, among=[RunStatus.REQUIRES_ACTION])
        if moved is None:
            return self._lost_race(run, given)
        if len(clients) == len(calls):
            self._complete_steps(run, clients)
        wake(self.waits, self.executions, moved.wait_id)
        if not all(stored) and not _is_submitted(
            self.tool_calls.of_run(run.tenant, run.id), given
        ):  # a concurrent request stored another output, with which the run continues
            raise _not_accepted(moved)
        return moved

    def _streamed(self, run: Run) -> Run:
        """Returns the run, whose next responses can be streamed."""
        if run.streamed:
            return run
        try:
            return self.runs.change(run, streamed=True)
        except RunEndedError:
            return run  # storing the outputs finds how it has ended

    def _resubmitted(self, run: Run, calls: Sequence[ToolCall], given: Mapping[str, str]) -> Run:
        """Returns the run if the outputs were all submitted before, else raises."""
        if not _is_submitted(calls, given):
            raise _not_accepted(run)
        if run.status is RunStatus.QUEUED:
            # The first request may have failed before it woke the execution.
            wake(self.waits, self.executions, run.wait_id)
        return run

    def _lost_race(self, run: Run, given: Mapping[str, str]) -> Run:
        """Returns the run if the request that came first submitted the same outputs."""
        current = self.runs.get(run.tenant, run.thread_id, run.id)
        if current is None:
            raise not_found("run", run.id)
        return self._resubmitted(current, self.tool_calls.of_run(run.tenant, run.id), given)

    def _complete_steps(self, run: Run, calls: Sequence[ToolCall]) -> None:
        for step_id in {call.step_id for call in calls}:
            step = self.run_steps.get(run.tenant, run.thread_id, run.id, step_id)
            if step is not None:
                over = {"status": "completed", "ended_at": int(self.now())}
                self.run_steps.put(step.model_copy(update=over))


def _not_accepted(run: Run) -> InvalidRequestError:
    return InvalidRequestError(f'Runs in status "{run.status}" do not accept tool outputs.')


def _is_of_earlier_round(run: Run, calls: Sequence[ToolCall], given: Mapping[str, str]) -> bool:
    """Returns whether outputs are given, and only for calls of rounds that are over."""
    rounds = {call.call_id: call.round for call in calls}
    return all(rounds.get(call_id, run.round) < run.round for call_id in given)


def _is_submitted(calls: Sequence[ToolCall], given: Mapping[str, str]) -> bool:
    """Returns whether these are the stored outputs of all client calls of one round."""
    clients = [call for call in calls if call.runs_on is RunsOn.CLIENT]
    for _, of_round in groupby(clients, key=lambda call: call.round):
        stored = {call.call_id: call for call in of_round}
        if stored.keys() == given.keys():
            return all(
                call.status is CallStatus.DONE and call.output == given[call_id]
                for call_id, call in stored.items()
            )
    return False
