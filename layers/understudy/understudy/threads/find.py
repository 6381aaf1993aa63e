"""Get-or-create: the current thread of a user and purpose."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from understudy.domain.ids import milliseconds, new_id
from understudy.domain.threads import DAY, HOUR, Thread, ThreadOfUser
from understudy.errors import StorageUnavailableError
from understudy.files.attach import Attachments
from understudy.settings import Settings

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.threads import Threads

ATTEMPTS = 4


@dataclass(frozen=True)
class UserThreads:
    """The current threads of users, one per purpose."""

    threads: "Threads"
    attachments: Attachments
    settings: Settings
    now: Callable[[], float]

    def find_or_create(
        self, *, tenant: str, user_id: str, purpose: str, body: ThreadOfUser
    ) -> tuple[Thread, bool]:
        """Returns the user's thread for the purpose, and True if this call created it.

        A thread is returned again for `max_age_hours` after its last activity. Concurrent callers
        get the same thread: the pointer is written on condition that it did not change.
        """
        now = self.now()
        max_age = (body.max_age_hours or self.settings.thread_max_age_hours) * HOUR
        # The thread must not expire while get-or-create may still return it.
        ttl = int(max((body.ttl_days or self.settings.thread_ttl_days) * DAY, max_age))
        for _ in range(ATTEMPTS):
            known = self.threads.pointed_to(tenant, user_id, purpose)
            found = self.threads.get(tenant, known) if known else None
            if found is not None and found.is_fresh(max_age, now):
                touched = self.threads.touch(tenant, found.id)
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
            resources = self.attachments.settle(tenant, body.tool_resources, thread_id=thread.id)
            thread = thread.model_copy(update={"tool_resources": resources})
            if self.threads.create_for_user(thread, instead_of=known):
                return thread, True
        raise StorageUnavailableError(f"the thread of this user changed {ATTEMPTS} times")
