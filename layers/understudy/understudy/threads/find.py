"""Get-or-create: the one thread of a user for a purpose."""

from understudy.domain.ids import milliseconds, new_id
from understudy.domain.threads import DAY, HOUR, Thread, ThreadOfUser
from understudy.errors import StorageUnavailableError
from understudy.files.attach import settle_resources
from understudy.ports import Ports

ATTEMPTS = 4


def find_thread(
    ports: Ports, *, tenant: str, user_id: str, purpose: str, body: ThreadOfUser
) -> tuple[Thread, bool]:
    """The user's thread for the purpose, and whether it was made just now.

    A thread is handed out again for `max_age_hours` after its last activity. Of several callers at
    once one makes the thread and all get it: the pointer is written on condition that it is still
    what was read.
    """
    threads, settings, now = ports.threads, ports.settings, ports.now()
    max_age = (body.max_age_hours or settings.thread_max_age_hours) * HOUR
    # A caller who wants a thread again after a month must not find that it was removed meanwhile.
    ttl = int(max((body.ttl_days or settings.thread_ttl_days) * DAY, max_age))
    for _ in range(ATTEMPTS):
        known = threads.pointed_to(tenant, user_id, purpose)
        found = threads.get(tenant, known) if known else None
        if found is not None and found.is_fresh(max_age, now):
            touched = threads.touch(tenant, found.id)
            if touched is not None:
                return touched, False
            continue
        thread = Thread(
            id=new_id("thread", order=milliseconds(now)),
            tenant=tenant,
            user_id=user_id,
            purpose=purpose,
            created_at=int(now),
            last_activity=int(now),
            ttl_seconds=ttl,
            expires_at=int(now) + ttl,
            metadata=body.metadata or {},
        )
        resources = settle_resources(ports, tenant, body.tool_resources, thread_id=thread.id)
        thread = thread.model_copy(update={"tool_resources": resources})
        if threads.create_for_user(thread, instead_of=known):
            return thread, True
    raise StorageUnavailableError(f"the thread of this user changed {ATTEMPTS} times meanwhile")
