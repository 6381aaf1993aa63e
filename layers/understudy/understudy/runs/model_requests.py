"""Requests to the model: each response is created once and recorded on its run."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from understudy.domain.ids import milliseconds
from understudy.domain.responses import ResponseRequest
from understudy.domain.runs import Run, RunStatus
from understudy.domain.threads import Thread
from understudy.domain.tools import ToolCall
from understudy.errors import (
    ProviderRateLimitedError,
    ProviderRefusedError,
    RunCancellingError,
    RunEndedError,
)
from understudy.files.prepare import FilePreparation, forget_container, is_container_gone
from understudy.ports import Provider
from understudy.runs.progress import Pacing, Progress

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.run_steps import RunSteps
    from understudy.adapters.dynamodb.runs import Runs

MAX_REFUSALS = 10
"""How often one run backs off on a rate limit before it fails or falls back."""


@dataclass(frozen=True)
class ModelRequests:
    """Creates the responses of runs.

    `with_provider_ids` replaces our file ids in a request of a tenant.
    """

    runs: "Runs"
    run_steps: "RunSteps"
    provider: Provider
    pacing: Pacing
    preparation: FilePreparation
    with_provider_ids: Callable[[str, ResponseRequest], ResponseRequest]

    def create(
        self,
        run: Run,
        thread: Thread,
        request_for: Callable[[Thread], ResponseRequest],
        *,
        answered: Sequence[ToolCall] = (),
    ) -> Progress:
        """Creates a response and sets the run to in_progress; returns how long it sleeps.

        `request_for` makes the request for the thread with its prepared files; `answered` are the
        calls whose outputs it has. While files are being indexed, and on a rate limit, the run
        stays queued and the state machine waits. Raises ProviderError, and RunEndedError if the run
        has ended.
        """
        prepared = self.preparation.prepare(run, thread)
        if prepared is None:
            return self.pacing.progress(run, RunStatus.QUEUED)
        self._close_steps(run, answered)
        try:
            return self._create(run, request_for(prepared), answered)
        except ProviderRefusedError as error:
            if prepared.container_id is None or not is_container_gone(error):
                raise
        without = forget_container(self.preparation.threads, prepared)
        return self._create(run, request_for(without), answered)

    def _create(self, run: Run, request: ResponseRequest, answered: Sequence[ToolCall]) -> Progress:
        now = self.pacing.now()
        try:
            created = self.provider.create_response(self.with_provider_ids(run.tenant, request))
        except ProviderRateLimitedError as error:
            past_deadline = now + error.retry_after >= run.deadline
            if run.attempts >= MAX_REFUSALS or past_deadline:
                raise
            now_stored = self.runs.get_open(run.tenant, run.thread_id, run.id)
            if now_stored.response_id != run.response_id:  # a slower invocation has created it
                return self.pacing.progress(now_stored)
            run = self.runs.change(run, status=RunStatus.QUEUED, attempts=run.attempts + 1)
            return self.pacing.progress(run, at_least=error.retry_after)
        known = {
            "response_id": created.id,
            "previous_response_id": request.previous_response_id,
            "round": run.round + (1 if answered else 0),
            "calls": run.calls + len(answered),
            "started_at": int(now),  # OpenAI's API also set it for each round
            "asked_ms": milliseconds(now),
        }
        try:
            run = self.runs.change(run, status=RunStatus.IN_PROGRESS, **known)
        except RunCancellingError:
            run = self.runs.change(run, **known)
        except RunEndedError:
            self.provider.cancel_response(created.id)
            raise
        return self.pacing.progress(run)

    def _close_steps(self, run: Run, answered: Sequence[ToolCall]) -> None:
        """Completes the steps whose calls have their outputs."""
        for step_id in dict.fromkeys(call.step_id for call in answered):
            step = self.run_steps.get(run.tenant, run.thread_id, run.id, step_id)
            if step is not None and step.status == "in_progress":
                over = {"status": "completed", "ended_at": int(self.pacing.now())}
                self.run_steps.put(step.model_copy(update=over))
