"""A new thread with the messages that came with it."""

from understudy.domain.ids import milliseconds, new_id
from understudy.domain.threads import DAY, NewThread, Thread
from understudy.files.attach import attached, settle_resources
from understudy.ports import Ports


def create_thread(ports: Ports, *, tenant: str, body: NewThread) -> Thread:
    """Stores the thread and its messages, all or nothing.

    Raises NotFoundError for files and vector stores that the tenant does not have.
    """
    now = ports.now()
    ttl = int(ports.settings.thread_ttl_days * DAY)
    thread = Thread(
        id=new_id("thread", order=milliseconds(now)),
        tenant=tenant,
        created_at=int(now),
        last_activity=int(now),
        ttl_seconds=ttl,
        expires_at=int(now) + ttl,
        metadata=body.metadata or {},
    )
    resources = settle_resources(ports, tenant, body.tool_resources, thread_id=thread.id)
    resources = attached(ports, thread, body.messages, resources)
    thread = thread.model_copy(update={"tool_resources": resources})
    messages = thread.new_messages(body.messages, now)
    thread = thread.model_copy(update={"message_order": len(messages)})
    ports.threads.create(thread, messages)
    return thread
