"""A client submits the outputs of the calls that were left to it."""

from understudy.domain.runs import Run, RunStatus
from understudy.domain.tool_outputs import SubmittedOutputs, matched
from understudy.domain.tools import CallStatus, RunsOn, ToolCall
from understudy.errors import InvalidRequestError
from understudy.ports import Ports
from understudy.runs.wake import wake


def submit_outputs(ports: Ports, run: Run, body: SubmittedOutputs) -> Run:
    """Stores the outputs, queues the run again and wakes it; returns it as it is then.

    A run with calls that wait for approval goes on waiting for those.
    Raises InvalidRequestError if the run does not wait for outputs or others were asked for.
    """
    if body.stream:
        raise InvalidRequestError(
            "Streaming is not offered by this server; submit without 'stream' and poll the run.",
            param="stream",
            code="unsupported_value",
        )
    calls = [
        call for call in ports.tool_calls.of_run(run.tenant, run.id) if call.round == run.round
    ]
    mine = [call for call in calls if call.runs_on is RunsOn.CLIENT]
    if run.status is RunStatus.QUEUED and _submitted(mine, body):
        wake(ports.waits, ports.executions, run.wait_id)
        return run
    if run.status is not RunStatus.REQUIRES_ACTION:
        raise _not_waiting(run.status)
    given = {output.tool_call_id: output.output for output in body.tool_outputs}
    # A call that has this very output was answered by a submit that did not get to its end.
    expected = [
        call
        for call in mine
        if call.status is CallStatus.PENDING or given.get(call.call_id, "") == call.output
    ]
    outputs = matched(expected, body.tool_outputs)
    for call in mine:
        if call.call_id in outputs:
            ports.tool_calls.store_output(call, outputs[call.call_id])
    if any(call.waits_for_approval for call in calls):
        wake(ports.waits, ports.executions, run.wait_id)
        return run
    moved = ports.runs.move(run, RunStatus.QUEUED, among=[RunStatus.REQUIRES_ACTION])
    if moved is None:
        stored = ports.runs.get(run.tenant, run.thread_id, run.id)
        raise _not_waiting(stored.status if stored else RunStatus.CANCELLED)
    for step_id in {call.step_id for call in mine}:
        step = ports.run_steps.get(run.tenant, run.thread_id, run.id, step_id)
        if step is not None and len(mine) == len(calls):
            over = {"status": "completed", "ended_at": int(ports.now())}
            ports.run_steps.put(step.model_copy(update=over))
    wake(ports.waits, ports.executions, moved.wait_id)
    return moved


def _not_waiting(status: RunStatus) -> InvalidRequestError:
    return InvalidRequestError(f'Runs in status "{status}" do not accept tool outputs.')


def _submitted(mine: list[ToolCall], body: SubmittedOutputs) -> bool:
    """Whether these very outputs are stored: a client that got no answer submits them again."""
    given = {output.tool_call_id: output.output for output in body.tool_outputs}
    return bool(given) and given == {call.call_id: call.output for call in mine}
