"""Dropped files come into their thread one after the other, when no run is active on it."""

from understudy.domain.assistants import Assistant
from understudy.domain.callers import Caller
from understudy.domain.drops import RUN_METADATA, WaitingDrop
from understudy.domain.file_types import FileKind
from understudy.domain.files import File, parse_drop_key
from understudy.domain.messages import Attachment, ImageFile, ImageFilePart, NewMessage, TextPart
from understudy.domain.new_runs import NewRun
from understudy.domain.tools import AttachmentTool, CodeInterpreterTool, FileSearchTool, Tool
from understudy.drops.report import write_refusal
from understudy.errors import (
    InvalidRequestError,
    LimitExceededError,
    NotFoundError,
    WriteRefusedError,
)
from understudy.files.attach import attach_to_thread
from understudy.observability import logger
from understudy.ports import Ports
from understudy.runs.limits import limits_of_tenant

CLAIM_SECONDS = 45
"""How long one who admits a drop is left alone with it; less than Lambda waits for a retry."""

RECENT = 50
"""How many of the newest messages are looked at for one that was admitted by a try before."""


def admit_drops(ports: Ports, tenant: str, thread_id: str) -> int:
    """Admits the drops that wait, oldest first, for as long as no run is active; how many.

    The end of a run admits the next ones. Done twice, or by two at once, each drop becomes one
    message. The line is looked at anew for each: whoever joined it meanwhile and found another one
    at work has left the rest to that one.
    """
    admitted = 0
    while (drop := next(ports.drops.waiting(tenant, thread_id), None)) is not None:
        thread = ports.threads.get(tenant, thread_id)
        if thread is not None and thread.active_run_id:
            break
        if not ports.drops.claim(drop, until=ports.now() + CLAIM_SECONDS):
            break
        try:
            is_done = thread is None or _admit(ports, drop)
        except BaseException:  # whatever ended it: the claim is given back
            ports.drops.let_go(drop)
            raise
        if not is_done:
            ports.drops.let_go(drop)
            break
        ports.drops.admitted(drop)
        admitted += 1
    return admitted


def _admit(ports: Ports, drop: WaitingDrop) -> bool:
    """False if a run became active meanwhile: its end admits the drop."""
    file = ports.files.get(drop.tenant, drop.file_id)
    if file is None or _is_there(ports, drop):
        return True
    try:
        _give(ports, drop, file)
    except LimitExceededError as error:
        _refuse(ports, file, str(error))
    except (InvalidRequestError, WriteRefusedError) as error:
        if _is_busy(ports, drop):
            return False
        _refuse(ports, file, str(error))
    return True


def _is_busy(ports: Ports, drop: WaitingDrop) -> bool:
    """Whether a run was started meanwhile; its end admits the drop."""
    thread = ports.threads.get(drop.tenant, drop.thread_id)
    return thread is not None and thread.active_run_id is not None


def _refuse(ports: Ports, file: File, reason: str) -> None:
    """What the thread does not take (too many files, say) must not hold up what comes after it."""
    logger.warning("drop_not_admitted", file_id=file.id, reason=reason)
    ports.files.change(file, status="error", status_details=reason)
    assert file.drop_key is not None
    write_refusal(ports, parse_drop_key(file.drop_key), reason)


def _is_there(ports: Ports, drop: WaitingDrop) -> bool:
    newest = ports.messages.newest_first(drop.tenant, drop.thread_id)
    return any(
        message.metadata.get(RUN_METADATA) == drop.file_id
        for _, message in zip(range(RECENT), newest, strict=False)
    )


def _give(ports: Ports, drop: WaitingDrop, file: File) -> None:
    """Gives the file to its thread: with a run where an assistant is wished for."""
    assert file.drop_key is not None
    key = parse_drop_key(file.drop_key)
    message = _message(drop, file, key.kind)
    assistant = None
    if drop.assistant_id is not None:
        assistant = ports.assistants.get(drop.tenant, drop.assistant_id)
        if assistant is None:
            reason = f"No assistant found with id '{drop.assistant_id}'."
            logger.warning("drop_without_assistant", file_id=file.id)
            write_refusal(ports, key, reason)
    if assistant is None:
        _add(ports, drop, message)
        return
    body = NewRun(
        assistant_id=assistant.id,
        additional_messages=[message],
        metadata={RUN_METADATA: file.id},
        tools=_tools(assistant, key.kind),
    )
    limits = limits_of_tenant(ports.api_keys, ports.settings.default_budgets, drop.tenant)
    caller = Caller(drop.tenant, limits=limits and limits.without_rates())
    ports.run_starter.start(caller=caller, thread_id=drop.thread_id, assistant=assistant, body=body)


def _add(ports: Ports, drop: WaitingDrop, message: NewMessage) -> None:
    thread = ports.threads.admit_message(drop.tenant, drop.thread_id)
    try:
        attach_to_thread(ports, thread, [message])
    except NotFoundError:
        return  # the thread or the file was deleted meanwhile
    [stored] = thread.new_messages([message], ports.now(), first=0)
    ports.messages.put(stored)


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
    """The assistant's tools, and the one that reads the file."""
    tools = list(assistant.fields.tools)
    held = {tool.type for tool in tools}
    if kind is FileKind.DATA and "code_interpreter" not in held:
        tools.append(CodeInterpreterTool(type="code_interpreter"))
    if kind is FileKind.DOCUMENT and "file_search" not in held:
        tools.append(FileSearchTool(type="file_search"))
    return tools
