"""Run steps: what a run did, one after the other, as the API shows it."""

from typing import Literal

from pydantic import Field

from understudy.domain.base import Json, Record
from understudy.domain.ids import derived_id
from understudy.domain.messages import Message
from understudy.domain.run_errors import LastError
from understudy.domain.runs import Run, RunStatus
from understudy.domain.usage import RoundUsage

IMAGE_ENDINGS = (".png", ".jpg", ".jpeg", ".gif", ".webp")
StepStatus = Literal["in_progress", "cancelled", "failed", "completed", "expired"]

STEP_END_OF_RUN: dict[RunStatus, StepStatus] = {
    RunStatus.CANCELLED: "cancelled",
    RunStatus.EXPIRED: "expired",
    RunStatus.FAILED: "failed",
    RunStatus.INCOMPLETE: "completed",
    RunStatus.COMPLETED: "completed",
}
"""The status of a step that was open when its run ended."""


class ModelMessage(Record):
    """A message of the model to the user, as message content."""

    content: list[Json]
    incomplete_reason: str | None = None


class GeneratedFile(Record):
    """A file that code interpreter made. It is lost when its container expires."""

    file_id: str
    container_id: str
    provider_file_id: str
    filename: str
    is_image: bool = False

    @classmethod
    def of(
        cls, container_id: str, provider_file_id: str, filename: str, *, order: int
    ) -> "GeneratedFile":
        """Returns the file under our own id, which does not change; `order` (ms) is its place."""
        return cls(
            file_id=derived_id("file", container_id, provider_file_id, order=order),
            container_id=container_id,
            provider_file_id=provider_file_id,
            filename=filename,
            is_image=filename.lower().endswith(IMAGE_ENDINGS),
        )


def hosted_call_id(provider_id: str) -> str:
    """Returns the id under which the API shows a hosted call; OpenAI's were `call_…`."""
    return "call_" + provider_id.rpartition("_")[2]


class RunStep(Record):
    """One step. A step of function calls has their ids; calls and outputs are items of their own.

    A message step has the model's message. It is completed when the message is in the thread:
    at once if tool calls follow, else when FetchResponse ends the run. `hosted_calls` are calls
    that the provider executed (code interpreter, file search), as the API shows them.
    """

    id: str
    tenant: str
    thread_id: str
    run_id: str
    assistant_id: str
    type: Literal["message_creation", "tool_calls"]
    status: StepStatus = "in_progress"
    created_at: int
    ended_at: int | None = None
    message_id: str | None = None
    message: ModelMessage | None = None
    call_ids: list[str] = Field(default_factory=list)
    hosted_calls: list[Json] = Field(default_factory=list)
    container_id: str | None = None
    files: list[GeneratedFile] = Field(default_factory=list)
    usage: RoundUsage | None = None
    last_error: LastError | None = None

    def is_shown(self, run: Run) -> bool:
        """Whether clients may see the step: it must not name a message that does not exist.

        A run that was cancelled or failed before FetchResponse has no last message, unless
        CancelRun kept the text of an interrupted run and stored the step as cancelled.
        """
        if self.message is None or self.status == "completed":
            return True
        if run.status is RunStatus.CANCELLED:
            return self.status == "cancelled"
        return run.status in (RunStatus.COMPLETED, RunStatus.INCOMPLETE)

    def as_message(self, run: Run, created_at: int) -> Message:
        """Returns the model's message of a message step, as a message of the run's thread."""
        assert self.message is not None
        assert self.message_id is not None
        return Message(
            id=self.message_id,
            tenant=run.tenant,
            thread_id=run.thread_id,
            created_at=created_at,
            role="assistant",
            content=self.message.content,
            status="incomplete" if self.message.incomplete_reason else "completed",
            incomplete_reason=self.message.incomplete_reason,
            assistant_id=run.assistant_id,
            run_id=run.id,
        )

    def settled(self, run: Run) -> "RunStep":
        """Returns the step with a final status if its run has ended."""
        if self.status != "in_progress" or not run.status.is_final:
            return self
        status = STEP_END_OF_RUN[run.status]
        return self.model_copy(update={"status": status, "ended_at": run.ended_at})
