"""Admits dropped files to their thread one after the other, while no run is active on it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from understudy.domain.assistants import Assistant
from understudy.domain.budgets import Limits
from understudy.domain.callers import Caller
from understudy.domain.drop_reports import HOW_TO_ASK
from understudy.domain.drops import RUN_METADATA, WaitingDrop, parse_drop_key
from understudy.domain.file_types import FileKind
from understudy.domain.files import File
from understudy.domain.messages import Attachment, ImageFile, ImageFilePart, NewMessage, TextPart
from understudy.domain.new_runs import NewRun
from understudy.domain.runs import Run
from understudy.domain.tools import AttachmentTool, CodeInterpreterTool, FileSearchTool, Tool
from understudy.drops.report import DropReports
from understudy.errors import (
    InvalidRequestError,
    LimitExceededError,
    NotFoundError,
    WriteRefusedError,
)
from understudy.files.attach import Attachments
from understudy.observability import logger
from understudy.threads.messages import admit_message

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.assistants import Assistants
    from understudy.adapters.dynamodb.drops import Drops
    from understudy.adapters.dynamodb.files import Files
    from understudy.adapters.dynamodb.messages import Messages
    from understudy.adapters.dynamodb.runs import Runs
    from understudy.adapters.dynamodb.threads import Threads

CLAIM_SECONDS = 45
"""How long a claim on a drop is valid; shorter than Lambda's wait before it retries an event."""

RECENT = 50
"""How many of the newest messages are searched for one that an earlier attempt has added."""


@dataclass(frozen=True)
class DropAdmission:
    """Turns queued dropped files into messages, and starts runs on them."""

    drops: "Drops"
    threads: "Threads"
    runs: "Runs"
    files: "Files"
    messages: "Messages"
    assistants: "Assistants"
    attachments: Attachments
    reports: DropReports
    limits_of_tenant: Callable[[str], Limits | None]
    start_run: Callable[..., Run]
    now: Callable[[], float]

    def admit(self, tenant: str, thread_id: str) -> int:
        """Admits queued drops, oldest first, while no run is active; returns how many.

        An active run is marked, so that its end admits the next ones. Idempotent and safe against
        concurrent calls: each drop becomes one message. The queue is read again for each drop,
        because a worker that finds another one at work leaves its own drop to it.
        """
        admitted = 0
        while (drop := next(self.drops.waiting(tenant, thread_id), None)) is not None:
            thread = self.runs.thread(tenant, thread_id)
            if thread is not None and thread.active_run_id:
                if self.runs.mark_drops(tenant, thread_id, thread.active_run_id):
                    break
                continue  # the run has ended in between
            if not self.drops.claim(drop, until=self.now() + CLAIM_SECONDS):
                break
            try:
                is_done = thread is None or self._admit_one(drop)
            except BaseException:  # also if Lambda times out
                self.drops.release(drop)
                raise
            if not is_done:
                self.drops.release(drop)
                continue
            self.drops.dequeue(drop)
            admitted += 1
        return admitted

    def _admit_one(self, drop: WaitingDrop) -> bool:
        """Admits the drop; False if a run has become active in between."""
        file = self.files.get(drop.tenant, drop.file_id)
        if file is None or self._is_admitted(drop):
            return True
        try:
            self._add_to_thread(drop, file)
        except LimitExceededError as error:
            self._refuse(file, str(error))
        except (InvalidRequestError, WriteRefusedError) as error:
            thread = self.runs.thread(drop.tenant, drop.thread_id)
            if thread is not None and thread.active_run_id is not None:
                return False
            self._refuse(file, str(error))
        return True

    def _refuse(self, file: File, reason: str) -> None:
        """Records why the thread rejects the file, so that it does not block those behind it."""
        logger.warning("drop_not_admitted", file_id=file.id, reason=reason)
        self.files.change(file, status="error", status_details=reason)
        if file.drop_key is not None and self._is_newest(file):
            self.reports.write_refusal(file.drop_key, reason)

    def _is_newest(self, file: File) -> bool:
        """Returns whether the file is the newest version of its key; only that gets a report."""
        return self.drops.newest(file.tenant, file.drop_key or "") == file.id

    def _is_admitted(self, drop: WaitingDrop) -> bool:
        """Returns whether an earlier attempt has added the drop's message."""
        newest = self.messages.newest_first(drop.tenant, drop.thread_id)
        return any(
            message.metadata.get(RUN_METADATA) == drop.file_id
            for _, message in zip(range(RECENT), newest, strict=False)
        )

    def _add_to_thread(self, drop: WaitingDrop, file: File) -> None:
        """Adds the file's message to its thread, and starts a run if it has an assistant."""
        assert file.drop_key is not None
        kind = parse_drop_key(file.drop_key).kind
        message = _message(drop, file, kind)
        is_newest = self._is_newest(file)
        if drop.assistant_id is None:
            self._add_message(drop, message)
            if is_newest:
                reason = (
                    "The file was added to its thread. No run was started without an assistant."
                )
                self.reports.write_attached(file.drop_key, reason, HOW_TO_ASK)
            return
        assistant = self.assistants.get(drop.tenant, drop.assistant_id)
        if assistant is None:
            logger.warning("drop_without_assistant", file_id=file.id)
            self._add_message(drop, message)
            if is_newest:
                reason = f"No assistant found with id '{drop.assistant_id}'."
                self.reports.write_attached(file.drop_key, reason, HOW_TO_ASK)
            return
        body = NewRun(
            assistant_id=assistant.id,
            additional_messages=[message],
            metadata={RUN_METADATA: file.id},
            tools=_tools(assistant, kind),
        )
        limits = self.limits_of_tenant(drop.tenant)
        caller = Caller(drop.tenant, limits=limits and limits.without_rates())
        if is_newest:  # before the run starts, so that this never replaces the run's own report
            self.reports.write_progress(file.drop_key, "A run on the file is being started.")
        self.start_run(caller=caller, thread_id=drop.thread_id, assistant=assistant, body=body)

    def _add_message(self, drop: WaitingDrop, message: NewMessage) -> None:
        try:
            thread = admit_message(self.threads, self.runs, drop.tenant, drop.thread_id)
            self.attachments.attach_to_thread(thread, [message])
        except NotFoundError:
            return  # the thread or the file was deleted since
        [stored] = thread.new_messages([message], self.now(), first=0)
        self.messages.put(stored)


def _message(drop: WaitingDrop, file: File, kind: FileKind) -> NewMessage:
    text = drop.text or f"Here is the file {file.filename}."
    known = {RUN_METADATA: file.id}
    if kind is FileKind.IMAGE:
        image = ImageFilePart(type="image_file", image_file=ImageFile(file_id=file.id))
        parts = [TextPart(type="text", text=text), image]
        return NewMessage(role="user", content=parts, metadata=known)
    tool = AttachmentTool(type="code_interpreter" if kind is FileKind.DATA else "file_search")
    attachment = Attachment(file_id=file.id, tools=[tool])
    return NewMessage(role="user", content=text, attachments=[attachment], metadata=known)


def _tools(assistant: Assistant, kind: FileKind) -> list[Tool]:
    """Returns the assistant's tools, with the tool that reads the file."""
    tools = list(assistant.fields.tools)
    held = {tool.type for tool in tools}
    if kind is FileKind.DATA and "code_interpreter" not in held:
        tools.append(CodeInterpreterTool(type="code_interpreter"))
    if kind is FileKind.DOCUMENT and "file_search" not in held:
        tools.append(FileSearchTool(type="file_search"))
    return tools
