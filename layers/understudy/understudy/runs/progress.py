"""What the functions of the state machine are given and what they hand on: ids and small values."""

from collections.abc import Sequence

from pydantic import Field

from understudy.domain.base import Json, Record
from understudy.domain.delays import BACKOFF, client_delay, next_delay
from understudy.domain.runs import Run, RunStatus


class Progress(Record):
    """Where the run stands. The state machine branches on it.

    `status` is the run's status, or the one it should get next: `expired` means its deadline has
    passed, `queued` that the model has yet to be given what it waits for: the messages, or the
    outputs of its calls if it was `asked` before. `server_calls` are the ids of function calls to
    execute on our side; `error` is the class name of what went wrong.
    """

    status: RunStatus
    round: int = 0
    asked: bool = False
    checks: int = 0
    delay_seconds: int = 1
    server_calls: list[str] = Field(default_factory=list)
    error: str = ""


class RunRef(Record):
    """Which run a step of the state machine is about, and where the machine believes it to be."""

    tenant: str
    thread_id: str
    run_id: str
    progress: Progress = Progress(status=RunStatus.QUEUED)

    @classmethod
    def of_event(cls, event: Json) -> "RunRef":
        """Reads a step's input: `run` has the ids, `progress` what the step before it returned."""
        known = {"progress": event["progress"]} if event.get("progress") else {}
        return cls.model_validate({**event["run"], **known})


def progress_of(
    run: Run,
    status: RunStatus,
    *,
    now: float,
    checks: int = 0,
    webhooks: bool = False,
    backoff: Sequence[int] = BACKOFF,
    server_calls: list[str] | None = None,
) -> Progress:
    """The progress of a run, and how long it may sleep as it stands."""
    age, remaining = max(0.0, now - run.created_at), max(0.0, run.deadline - now)
    if status is RunStatus.REQUIRES_ACTION:
        delay = client_delay(age=age, remaining=remaining)
    else:
        delay = next_delay(checks, webhooks=webhooks, age=age, remaining=remaining, backoff=backoff)
    return Progress(
        status=status,
        round=run.round,
        asked=run.response_id is not None,
        checks=checks,
        delay_seconds=delay,
        server_calls=server_calls or [],
    )
