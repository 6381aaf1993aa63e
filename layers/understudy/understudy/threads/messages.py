"""Reserves the place of a new message in a thread."""

from typing import TYPE_CHECKING

from understudy.domain.threads import Thread
from understudy.errors import (
    InvalidRequestError,
    NotFoundError,
    StorageUnavailableError,
    WriteRefusedError,
)

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.run_queues import RunQueues
    from understudy.adapters.dynamodb.runs import Runs
    from understudy.adapters.dynamodb.threads import Threads

ATTEMPTS = 3
ATTEMPTS_WHILE_BUSY = 20
"""Other clients may add messages and runs at the same time; one of them succeeds each time."""


def admit_message(
    threads: "Threads",
    runs: "Runs",
    tenant: str,
    thread_id: str,
    *,
    queues: "RunQueues | None" = None,
) -> Thread:
    """Reserves the next position for a message and returns the thread with it.

    With `queues`, a thread with an open run takes the message too, for its next run. Raises
    NotFoundError for a thread that the tenant does not have, and InvalidRequestError, with OpenAI's
    text, while a run is active.
    """
    attempts = ATTEMPTS if queues is None else ATTEMPTS_WHILE_BUSY
    for _ in range(attempts):
        thread = runs.thread(tenant, thread_id)
        if thread is None:
            raise NotFoundError(f"No thread found with id '{thread_id}'.")
        try:
            if thread.active_run_id is None:
                return threads.admit_message(thread)
            if queues is not None:
                order = runs.order_behind(thread) + 1
                queues.admit_message(thread, order)
                return thread.model_copy(update={"message_order": order})
        except WriteRefusedError:
            continue  # another client added a message or a run in between
        raise InvalidRequestError(
            f"Can't add messages to {thread_id} while a run {thread.active_run_id} is active."
        )
    raise StorageUnavailableError(f"the thread's active run changed {attempts} times")
