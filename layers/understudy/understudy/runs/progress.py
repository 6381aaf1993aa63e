"""What the state machine's functions receive and return, and how long a run sleeps between them."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pydantic import Field

from understudy.domain.base import Json, Record
from understudy.domain.delays import bounded, client_delay, next_delay
from understudy.domain.runs import Run, RunStatus


class Progress(Record):
    """Where the run stands. The state machine branches on it.

    `status` is the run's status or its next one: `expired` means that the deadline has passed,
    `queued` that the model has not received its input yet (the messages, or the outputs of its
    calls if the run was `asked` before). `server_calls` are the ids of calls to server-side tools
    that have to be executed; `error` is the class name of the error that was caught. The execution
    waits under `wait_id`; `wake_pending` is set by the state machine if it did not have to wait.
    """

    status: RunStatus
    round: int = 0
    asked: bool = False
    checks: int = 0
    delay_seconds: int = 1
    server_calls: list[str] = Field(default_factory=list)
    error: str = ""
    wait_id: str = ""
    wake_pending: bool = False


class RunRef(Record):
    """The run that a step of the state machine works on, and its progress so far.

    `task_token` is set if the state waits for a callback.
    """

    tenant: str
    thread_id: str
    run_id: str
    progress: Progress = Progress(status=RunStatus.QUEUED)
    task_token: str = ""

    @classmethod
    def of_event(cls, event: Json) -> "RunRef":
        """Reads a step's input: `run` has the ids, `progress` the result of the step before."""
        known = {"progress": event["progress"]} if event.get("progress") else {}
        if "task_token" in event:
            known["task_token"] = event["task_token"]
        return cls.model_validate({**event["run"], **known})

    @property
    def ids(self) -> tuple[str, str, str]:
        """Tenant, thread and run, as the table's methods take them."""
        return self.tenant, self.thread_id, self.run_id


@dataclass(frozen=True)
class Pacing:
    """Decides how long runs sleep, by the deployment's settings. `now` returns Unix seconds.

    `backoff` is the parameter PollSeconds. With `webhooks`, a run whose response is being made is
    checked rarely, because a webhook wakes it.
    """

    now: Callable[[], float]
    webhooks: bool
    backoff: Sequence[int]

    def progress(
        self,
        run: Run,
        status: RunStatus | None = None,
        *,
        checks: int = 0,
        server_calls: Sequence[str] = (),
        at_least: float = 0,
    ) -> Progress:
        """Returns the progress of the run with `status`, which is by default the run's own.

        The run sleeps for `at_least` seconds, but not past its deadline.
        """
        status = status or run.status
        delay = max(math.ceil(at_least), self._delay(run, status, checks))
        return Progress(
            status=status,
            round=run.round,
            asked=run.response_id is not None,
            checks=checks,
            delay_seconds=bounded(delay, self._remaining(run)),
            server_calls=list(server_calls),
            wait_id=run.wait_id,
        )

    def _delay(self, run: Run, status: RunStatus, checks: int) -> int:
        age, remaining = max(0.0, self.now() - run.begun_at), self._remaining(run)
        if run.status is RunStatus.CANCELLING:
            return 1  # the cancel request may have woken the wait before this one
        if status is RunStatus.REQUIRES_ACTION:
            return client_delay(age=age, remaining=remaining)
        return next_delay(
            checks,
            webhooks=self.webhooks and run.status is RunStatus.IN_PROGRESS,
            age=age,
            remaining=remaining,
            backoff=self.backoff,
        )

    def _remaining(self, run: Run) -> float:
        return max(0.0, run.deadline - self.now())
