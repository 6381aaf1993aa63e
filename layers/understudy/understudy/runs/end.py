"""Ends a run early: cancels the model's work, closes open tool calls and stores the status."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from understudy.domain.messages import Message
from understudy.domain.run_errors import LastError
from understudy.domain.run_queue import MultitaskStrategy
from understudy.domain.runs import Run, RunStatus
from understudy.domain.tools import CallStatus
from understudy.errors import (
    ProviderError,
    ProviderRateLimitedError,
    ProviderUnavailableError,
    RunCancellingError,
    RunEndedError,
)
from understudy.observability import error_keys, logger
from understudy.ports import Provider, StoredResponses

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.runs import Runs
    from understudy.adapters.dynamodb.tool_calls import ToolCalls

RETRY_WITHIN_SECONDS = 5
"""A cancel request that failed faster than this is retried once; the function has 30 s."""


@dataclass(frozen=True)
class RunEnder:
    """Ends open runs. The provider is used only for runs that have a response."""

    runs: "Runs"
    tool_calls: "ToolCalls"
    provider: Callable[[], Provider]
    stored_responses: Callable[[], StoredResponses]
    now: Callable[[], float]

    def end(
        self,
        run: Run,
        status: RunStatus,
        error: LastError | None = None,
        *,
        written: Callable[[Run], Sequence[Message]] = lambda _: (),
    ) -> Run:
        """Ends an open run with `status`, and with `error` if it failed; returns it as it ended.

        `written` returns the messages that the run leaves; it is called once the model has stopped.
        A cancel request of the client wins over every other status. A provider that cannot be
        reached does not delay the end; the response's later outcome is ignored. If the run has
        ended already, it is returned as it is stored.
        """
        if run.response_id:
            self._cancel_response(run.response_id)
        if run.interrupted is MultitaskStrategy.ROLLBACK:
            self._delete_responses(run)
        messages = written(run)
        for call in self.tool_calls.of_run(run.tenant, run.id):
            if call.status in (CallStatus.PENDING, CallStatus.AWAITING_APPROVAL):
                self.tool_calls.close(call)
        if run.status is RunStatus.CANCELLING:
            status = RunStatus.CANCELLED
        ended = run.model_copy(
            update={
                "status": status,
                "ended_at": int(self.now()),
                "last_error": (run.last_error or error) if status is RunStatus.FAILED else None,
            }
        )
        try:
            self.runs.end(ended, messages=messages)
        except RunCancellingError:
            ended = ended.model_copy(update={"status": RunStatus.CANCELLED, "last_error": None})
            self.runs.end(ended, messages=messages)
        except RunEndedError:
            stored = self.runs.get(run.tenant, run.thread_id, run.id)
            return stored if stored is not None else ended
        return ended

    def _delete_responses(self, run: Run) -> None:
        """Deletes what the provider stores of a run that is rolled back."""
        known = {run.response_id, *(used.response_id for used in run.usage)}
        for response_id in sorted(each for each in known if each):
            try:
                self.stored_responses().delete(response_id)
            except ProviderError as error:
                logger.warning("response_not_deleted", **error_keys(error))

    def _cancel_response(self, response_id: str) -> None:
        """Cancels the response, with one retry: until it is cancelled, its tokens are billed.

        A slow failure is not retried, because the function needs its time to end the run.
        """
        provider, started = self.provider(), self.now()
        try:
            try:
                provider.cancel_response(response_id)
            except (ProviderUnavailableError, ProviderRateLimitedError):
                if self.now() > started + RETRY_WITHIN_SECONDS:
                    raise
                provider.cancel_response(response_id)
        except ProviderError as error:
            logger.warning("response_not_cancelled", **error_keys(error))
