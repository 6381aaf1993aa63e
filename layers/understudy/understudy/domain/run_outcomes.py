"""What an open run waits for, and why an ended run ended, in sentences."""

from collections.abc import Sequence
from typing import Literal

from understudy.domain.base import Record
from understudy.domain.runs import Run, RunStatus
from understudy.domain.tools import CallStatus, RunsOn, ToolCall
from understudy.domain.usage import NANO

MEANINGS = {
    "server_error": "The provider or this deployment failed. The same request may succeed later.",
    "rate_limit_exceeded": "The provider's rate limit or quota is used up: check the limits and "
    "the billing of the provider's account.",
    "invalid_prompt": "The provider rejected the request: check the model's name, the schemas of "
    "the tools and the files.",
}
REASONS = {
    "max_completion_tokens": "The run used up its limit of completion tokens.",
    "max_prompt_tokens": "The run's messages exceed its limit of prompt tokens.",
    "content_filter": "The provider's content filter stopped the response.",
}


class Waiting(Record):
    """Who has to act before the run continues."""

    who: Literal["approver", "client", "tool", "model", "worker"]
    explanation: str


def waiting_for(run: Run, calls: Sequence[ToolCall]) -> list[Waiting]:
    """Returns what an open run waits for, nothing for an ended one."""
    if run.status.is_final:
        return []
    now = [call for call in calls if call.round == run.round]
    if run.status is RunStatus.REQUIRES_ACTION:
        approvals = [call.name for call in now if call.waits_for_approval]
        client = [call.name for call in now if call.waits_for_client]
        found = []
        if approvals:
            text = f"A person has to approve or refuse: {', '.join(approvals)}."
            found.append(Waiting(who="approver", explanation=text))
        if client:
            text = f"The client has to submit the outputs of: {', '.join(client)}."
            found.append(Waiting(who="client", explanation=text))
        return found
    if run.status is RunStatus.CANCELLING:
        return [Waiting(who="worker", explanation="The run is being cancelled.")]
    running = [
        call.name
        for call in now
        if call.runs_on is RunsOn.SERVER and call.status is CallStatus.PENDING
    ]
    if running:
        return [Waiting(who="tool", explanation=f"The server executes: {', '.join(running)}.")]
    if run.status is RunStatus.IN_PROGRESS:
        return [Waiting(who="model", explanation="The provider works on the model's response.")]
    if run.attempts:
        text = f"The provider's rate limit has delayed the run {run.attempts} times."
        return [Waiting(who="model", explanation=text)]
    return [Waiting(who="worker", explanation="The next request to the model is being prepared.")]


def outcome(run: Run, calls: Sequence[ToolCall]) -> str | None:
    """Returns why the run ended other than with an answer; None for a completed or open run."""
    match run.status:
        case RunStatus.FAILED:
            code = run.last_error.code if run.last_error else "server_error"
            return MEANINGS.get(code)
        case RunStatus.EXPIRED:
            seconds = run.deadline - run.created_at
            return f"The run reached its time limit of {seconds} s{_last(calls)}."
        case RunStatus.CANCELLED:
            return "A client cancelled the run, or deleted its thread."
        case RunStatus.INCOMPLETE:
            if run.budget and run.budget.exceeded and run.budget.cap is not None:
                return f"The run cost its budget of {run.budget.cap / NANO:g} USD."
            return REASONS.get(run.incomplete_reason or "")
        case _:
            return None


def _last(calls: Sequence[ToolCall]) -> str:
    """Returns for which calls an expired run still waited."""
    open_calls = [call.name for call in calls if call.status is CallStatus.CLOSED]
    return f" while it waited for {', '.join(open_calls)}" if open_calls else ""
