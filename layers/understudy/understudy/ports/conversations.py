"""What is kept of conversations: assistants, threads, messages, runs, steps, calls."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from understudy.domain.assistants import Assistant
from understudy.domain.decisions import Decision
from understudy.domain.lists import Page, PageRequest
from understudy.domain.messages import Message
from understudy.domain.run_steps import RunStep
from understudy.domain.runs import Run, RunStatus
from understudy.domain.threads import EVERY_THREAD, Thread, ThreadSearch
from understudy.domain.tools import ToolCall, ToolResources
from understudy.domain.webhooks import NotedWebhook


class Assistants(Protocol):
    """The assistants of all tenants."""

    def get(self, tenant: str, assistant_id: str) -> Assistant | None: ...

    def put(self, assistant: Assistant) -> None: ...

    def change(self, assistant: Assistant) -> bool:
        """Stores it in place of the old one; False if that is gone."""
        ...

    def delete(self, tenant: str, assistant_id: str) -> bool:
        """Whether there was one."""
        ...

    def page(self, tenant: str, request: PageRequest) -> Page[Assistant]: ...


class Threads(Protocol):
    """The threads of all tenants, and which of them is a user's for a purpose."""

    def get(self, tenant: str, thread_id: str) -> Thread | None: ...

    def create(self, thread: Thread, messages: Sequence[Message]) -> None:
        """Stores a thread with its first messages, all or nothing."""

    def create_for_user(self, thread: Thread, *, instead_of: str | None) -> bool:
        """Stores the thread as the user's for its purpose; False if another call was first.

        `instead_of` is the thread that was found for that user and purpose before, if any.
        """
        ...

    def find_for_user(self, tenant: str, user_id: str, purpose: str) -> Thread | None:
        """The thread that was last made for that user and purpose, if it is still alive."""
        ...

    def pointed_to(self, tenant: str, user_id: str, purpose: str) -> str | None:
        """The id that is on record for that user and purpose, alive or not."""
        ...

    def touch(self, tenant: str, thread_id: str) -> Thread | None:
        """Moves last activity and expiry forward; None if the thread is gone."""
        ...

    def change(self, tenant: str, thread_id: str, **attributes: object) -> Thread | None:
        """Sets metadata, tool resources or both; None if the thread is gone."""
        ...

    def set_resources(self, thread: Thread, resources: ToolResources | None) -> bool:
        """Sets the tool resources; False if they are not the thread's any more, or it is gone."""
        ...

    def admit_message(self, tenant: str, thread_id: str) -> Thread:
        """Takes the next place for a message.

        Raises WriteRefusedError if the thread is gone or has an active run.
        """
        ...

    def remember_container(self, tenant: str, thread_id: str, container_id: str | None) -> None:
        """Keeps the code interpreter container in which the thread's work goes on."""

    def delete(self, tenant: str, thread_id: str) -> bool:
        """Whether there was one. What hangs on the thread is cleaned up from the table's stream."""
        ...

    def page(
        self,
        tenant: str,
        request: PageRequest,
        *,
        user_id: str | None = None,
        search: ThreadSearch = EVERY_THREAD,
    ) -> Page[Thread]:
        """A page of the tenant's threads, or of a user's, as far as they match the search."""
        ...


class Messages(Protocol):
    """The messages of threads."""

    def get(self, tenant: str, thread_id: str, message_id: str) -> Message | None: ...

    def put(self, message: Message) -> None: ...

    def change(self, message: Message) -> bool:
        """Stores it in place of the old one; False if that is gone."""
        ...

    def delete(self, tenant: str, thread_id: str, message_id: str) -> bool: ...

    def page(
        self, tenant: str, thread_id: str, request: PageRequest, *, run: Run | None = None
    ) -> Page[Message]:
        """A page of the thread's messages, or of those that a run made."""
        ...

    def newest_first(self, tenant: str, thread_id: str) -> Iterator[Message]:
        """All messages, read from the table as they are taken."""
        ...


class Runs(Protocol):
    """The runs of threads. Every change of a status is conditional on what it was."""

    def get(self, tenant: str, thread_id: str, run_id: str) -> Run | None: ...

    def create(self, run: Run, thread: Thread, messages: Sequence[Message]) -> None:
        """Stores a run and makes it the thread's active one, with messages before it.

        Raises WriteRefusedError if the thread is gone, was written to, or has an active run.
        """

    def change(self, run: Run, **attributes: object) -> Run:
        """Sets attributes of a run that has not ended; returns it as it is then.

        Raises RunEndedError if it has ended, and RunCancellingError if the status should change
        but a cancel came first.
        """
        ...

    def move(self, run: Run, to: RunStatus, *, among: Sequence[RunStatus]) -> Run | None:
        """Sets the status if it is one of `among` now; None if it is not."""
        ...

    def end(self, run: Run, *, messages: Sequence[Message] = ()) -> None:
        """Stores the run in its final status, its messages, and frees its thread, all or nothing.

        Raises RunCancellingError if a cancel came first and this is another end, and RunEndedError
        if it has ended already.
        """

    def leave_news(self, tenant: str, thread_id: str, run_id: str) -> Run | None:
        """Marks that something happened; returns the run as it is then, None if it is gone."""
        ...

    def clear_news(self, run: Run) -> Run:
        """Takes the mark away; returns the run as it is then, so that no news is overlooked."""
        ...

    def page(self, tenant: str, thread_id: str, request: PageRequest) -> Page[Run]: ...

    def set_metadata(self, run: Run, metadata: dict[str, str]) -> Run: ...

    def overdue(self, before: int, limit: int) -> list[tuple[str, str, str]]:
        """(tenant, thread_id, run_id) of runs that have not ended and whose deadline is past."""
        ...

    def not_taken_up(self, limit: int) -> list[tuple[str, str, str]]:
        """The same of runs whose execution has done nothing yet, the earliest deadline first."""
        ...


class Responses(Protocol):
    """Which run each response of the provider is for, so that its webhook finds it."""

    def note_owner(self, response_id: str, run: Run) -> bool:
        """Notes whose the response is; True if its webhook was here already."""
        ...

    def note_webhook(self, response_id: str, webhook_id: str) -> NotedWebhook:
        """Notes a webhook about the response, in one conditional write."""
        ...


class RunSteps(Protocol):
    """The steps of runs."""

    def get(self, tenant: str, thread_id: str, run_id: str, step_id: str) -> RunStep | None: ...

    def put(self, step: RunStep) -> None: ...

    def of_run(self, tenant: str, thread_id: str, run_id: str) -> list[RunStep]: ...

    def page(
        self, tenant: str, thread_id: str, run_id: str, request: PageRequest
    ) -> Page[RunStep]: ...


class ToolCalls(Protocol):
    """The function calls of runs."""

    def put_new(self, call: ToolCall) -> None:
        """Stores a call unless it is there: a step that runs twice must not undo an output."""

    def get(self, tenant: str, run_id: str, call_id: str) -> ToolCall | None: ...

    def of_run(self, tenant: str, run_id: str) -> list[ToolCall]: ...

    def answer(self, call: ToolCall, output: str, *, failed: bool = False) -> bool:
        """Stores the output of a call that stands as `call` does; False if it does not."""
        ...

    def decide(self, call: ToolCall, decision: Decision, output: str | None = None) -> bool:
        """Stores what was decided about a call that waits; False if it does not wait any more.

        A refused call has its output at once.
        """
        ...

    def close(self, call: ToolCall) -> None:
        """A call that nobody will answer any more."""
