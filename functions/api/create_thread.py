"""Creates a thread with its first messages."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from understudy.domain.ids import milliseconds, new_id
from understudy.domain.threads import DAY, NewThread, Thread
from understudy.files.attach import Attachments
from understudy.settings import Settings

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.threads import Threads


def create_thread(
    threads: "Threads",
    attachments: Attachments,
    settings: Settings,
    now: Callable[[], float],
    *,
    tenant: str,
    body: NewThread,
) -> Thread:
    """Stores the thread and its messages, all or nothing, and returns it.

    Raises NotFoundError for files and vector stores that the tenant does not have.
    """
    created_at = now()
    ttl = int(settings.thread_ttl_days * DAY)
    thread = Thread(
        id=new_id("thread", order=milliseconds(created_at)),
        tenant=tenant,
        created_at=int(created_at),
        last_activity=int(created_at),
        ttl_seconds=ttl,
        expires_at=int(created_at) + ttl,
        metadata=body.metadata or {},
    )
    resources = attachments.settle(tenant, body.tool_resources, thread_id=thread.id)
    resources = attachments.with_message_files(thread, body.messages, resources)
    thread = thread.model_copy(update={"tool_resources": resources})
    messages = thread.new_messages(body.messages, created_at)
    thread = thread.model_copy(update={"message_order": len(messages)})
    threads.create(thread, messages)
    return thread
