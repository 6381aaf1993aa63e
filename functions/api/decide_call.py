"""Approves or refuses a tool call that waits for approval."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from understudy.domain.decisions import Decision
from understudy.domain.runs import Run, RunStatus
from understudy.domain.tools import ToolCall, error_output
from understudy.errors import ConflictError, InvalidRequestError, not_found
from understudy.observability import logger
from understudy.ports import Executions
from understudy.runs.wake import wake

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.runs import Runs
    from understudy.adapters.dynamodb.tool_calls import ToolCalls
    from understudy.adapters.dynamodb.waits import Waits

LOGGED_CHARACTERS = 12
"""Characters of a key's hash in the log, as in the list of keys."""


@dataclass(frozen=True)
class ToolCallDecisions:
    """Stores decisions on tool calls, and lets their runs continue."""

    runs: "Runs"
    tool_calls: "ToolCalls"
    waits: "Waits"
    executions: Executions

    def decide(
        self,
        run: Run,
        call_id: str,
        decision: Decision,
        *,
        reason: str | None = None,
        key_digest: str = "",
    ) -> Run:
        """Approves the call, so that it is executed, or stores the refusal as its output.

        The first decision counts, with its reason; repeating it changes nothing. Returns the
        current run. Raises NotFoundError for an unknown call, ConflictError for a call that was
        decided otherwise, and InvalidRequestError for one that does not wait for approval.
        """
        call = self._find(run, call_id)
        if call.decision is None:
            _check_waiting(run, call)
            output = _refusal(reason) if decision is Decision.REFUSED else None
            if self.tool_calls.decide(call, decision, output):
                key = key_digest[:LOGGED_CHARACTERS]
                logger.info(
                    "call_decided", call_id=call_id, decision=str(decision), tool=call.name, key=key
                )
            call = self._find(run, call_id)
        if call.decision is None:  # the run ended in between
            raise _not_waiting(call_id)
        if call.decision is not decision:
            text = f"Tool call '{call_id}' has already been {call.decision}."
            raise ConflictError(text, code="already_decided")
        return run if run.status.is_final else self._continue(run, call)

    def _find(self, run: Run, call_id: str) -> ToolCall:
        call = self.tool_calls.get(run.tenant, run.id, call_id)
        if call is None:
            raise not_found("tool call", call_id)
        return call

    def _continue(self, run: Run, call: ToolCall) -> Run:
        """Wakes the run, and queues it if no call of the round waits for a decision or output."""
        if run.status is RunStatus.REQUIRES_ACTION and call.round == run.round:
            calls = self.tool_calls.of_run(run.tenant, run.id)
            of_round = [each for each in calls if each.round == run.round]
            if not any(each.waits_for_client or each.waits_for_approval for each in of_round):
                moved = self.runs.move(run, RunStatus.QUEUED, among=[RunStatus.REQUIRES_ACTION])
                run = moved or self.runs.get(run.tenant, run.thread_id, run.id) or run
        wake(self.waits, self.executions, run.wait_id)
        return run


def _check_waiting(run: Run, call: ToolCall) -> None:
    waits = run.status is RunStatus.REQUIRES_ACTION and call.round == run.round
    if not (waits and call.waits_for_approval):
        raise _not_waiting(call.call_id)


def _not_waiting(call_id: str) -> InvalidRequestError:
    return InvalidRequestError(f"Tool call '{call_id}' does not wait for approval.")


def _refusal(reason: str | None) -> str:
    because = f" The reason given: {reason}" if reason else ""
    return error_output("refused", f"The call was refused and not executed.{because}")
