"""Threads and messages."""

from typing import Literal, NotRequired, cast

from typing_extensions import TypedDict

from understudy.domain.base import Json
from understudy.domain.messages import Message
from understudy.domain.threads import Thread
from understudy.http.objects.assistants import ToolResourcesObject, resources_object


class ThreadObject(TypedDict):
    """A thread that belongs to a user also has `user_id` and the three keys after it."""

    id: str
    object: Literal["thread"]
    created_at: int
    metadata: dict[str, str]
    tool_resources: ToolResourcesObject
    user_id: NotRequired[str]
    purpose: NotRequired[str | None]
    last_activity: NotRequired[int]
    expires_at: NotRequired[int]


def thread_object(thread: Thread) -> ThreadObject:
    """Returns the thread as the API shows it."""
    shown: ThreadObject = {
        "id": thread.id,
        "object": "thread",
        "created_at": thread.created_at,
        "metadata": thread.metadata,
        "tool_resources": resources_object(thread.tool_resources),
    }
    if thread.user_id is not None:
        shown["user_id"] = thread.user_id
        shown["purpose"] = thread.purpose
        shown["last_activity"] = thread.last_activity
        shown["expires_at"] = thread.expires_at
    return shown


class TextValue(TypedDict):
    value: str
    annotations: list[Json]


class TextContent(TypedDict):
    type: Literal["text"]
    text: TextValue


class OtherContent(TypedDict):
    """An image or a refusal: the member that `type` names has the details."""

    type: Literal["image_file", "image_url", "refusal"]


class IncompleteDetails(TypedDict):
    reason: str


class AttachmentToolObject(TypedDict):
    type: Literal["code_interpreter", "file_search"]


class AttachmentObject(TypedDict):
    file_id: str
    tools: list[AttachmentToolObject]


class MessageObject(TypedDict):
    """A message of a thread."""

    id: str
    object: Literal["thread.message"]
    created_at: int
    assistant_id: str | None
    thread_id: str
    run_id: str | None
    role: Literal["user", "assistant"]
    status: Literal["in_progress", "incomplete", "completed"]
    incomplete_details: IncompleteDetails | None
    completed_at: int | None
    incomplete_at: int | None
    content: list[TextContent | OtherContent]
    attachments: list[AttachmentObject]
    metadata: dict[str, str]


def message_object(message: Message) -> MessageObject:
    """Returns the message as the API shows it."""
    reason = message.incomplete_reason
    return {
        "id": message.id,
        "object": "thread.message",
        "created_at": message.created_at,
        "assistant_id": message.assistant_id,
        "thread_id": message.thread_id,
        "run_id": message.run_id,
        "role": message.role,
        "status": message.status,
        "incomplete_details": {"reason": reason} if reason else None,
        "completed_at": message.created_at if message.status == "completed" else None,
        "incomplete_at": message.created_at if message.status == "incomplete" else None,
        "content": cast("list[TextContent | OtherContent]", message.content),  # stored as shown
        "attachments": [
            {"file_id": each.file_id, "tools": [{"type": tool.type} for tool in each.tools]}
            for each in message.attachments
        ],
        "metadata": message.metadata,
    }
