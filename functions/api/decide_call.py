"""Somebody with the right key approves or refuses a call that waits for it."""

from understudy.domain.decisions import Decision
from understudy.domain.runs import Run, RunStatus
from understudy.domain.tools import ToolCall, error_output
from understudy.errors import ConflictError, InvalidRequestError, NotFoundError
from understudy.observability import logger
from understudy.ports import Ports
from understudy.runs.wake import wake

SHOWN = 12
"""Characters of a key's hash that the log has, as the lists of keys do."""


def decide_call(
    ports: Ports,
    run: Run,
    call_id: str,
    decision: Decision,
    *,
    reason: str | None = None,
    key_digest: str = "",
) -> Run:
    """Lets the call be executed on our side, or answers it with the refusal.

    The first decision and its reason stand; the same one again changes nothing. Returns the run as
    it is then. Raises NotFoundError for a call that the run does not have, ConflictError if it was
    decided otherwise, InvalidRequestError if it does not wait for a decision.
    """
    call = _find(ports, run, call_id)
    if call.decision is None:
        _check_waiting(run, call)
        output = _refusal(reason) if decision is Decision.REFUSED else None
        if ports.tool_calls.decide(call, decision, output):
            logger.info("call_decided", call_id=call_id, decision=str(decision), tool=call.name,
                        key=key_digest[:SHOWN])  # fmt: skip
        call = _find(ports, run, call_id)
    if call.decision is None:  # the run ended in between
        raise _not_waiting(call_id)
    if call.decision is not decision:
        raise ConflictError(f"Call '{call_id}' was {call.decision} before.", code="already_decided")
    return run if run.status.is_final else _go_on(ports, run, call)


def _find(ports: Ports, run: Run, call_id: str) -> ToolCall:
    call = ports.tool_calls.get(run.tenant, run.id, call_id)
    if call is None:
        raise NotFoundError(f"No tool call found with id '{call_id}'.")
    return call


def _check_waiting(run: Run, call: ToolCall) -> None:
    waits = run.status is RunStatus.REQUIRES_ACTION and call.round == run.round
    if not (waits and call.waits_for_approval):
        raise _not_waiting(call.call_id)


def _not_waiting(call_id: str) -> InvalidRequestError:
    return InvalidRequestError(f"Call '{call_id}' does not wait for approval.")


def _refusal(reason: str | None) -> str:
    because = f" The reason given: {reason}" if reason else ""
    return error_output("refused", f"The call was refused and not executed.{because}")


def _go_on(ports: Ports, run: Run, call: ToolCall) -> Run:
    """Wakes the run; it is queued again once nothing is left to decide or to submit."""
    if run.status is RunStatus.REQUIRES_ACTION and call.round == run.round:
        calls = ports.tool_calls.of_run(run.tenant, run.id)
        turn = [each for each in calls if each.round == run.round]
        if not any(each.waits_for_client or each.waits_for_approval for each in turn):
            moved = ports.runs.move(run, RunStatus.QUEUED, among=[RunStatus.REQUIRES_ACTION])
            run = moved or ports.runs.get(run.tenant, run.thread_id, run.id) or run
    wake(ports.waits, ports.executions, run.wait_id)
    return run
