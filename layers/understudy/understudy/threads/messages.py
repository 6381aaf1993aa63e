"""Reserves the place of a new message in a thread without an active run."""

from typing import TYPE_CHECKING

from understudy.domain.threads import Thread
from understudy.errors import (
    InvalidRequestError,
    NotFoundError,
    StorageUnavailableError,
    WriteRefusedError,
)

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.runs import Runs
    from understudy.adapters.dynamodb.threads import Threads

ATTEMPTS = 3


def admit_message(threads: "Threads", runs: "Runs", tenant: str, thread_id: str) -> Thread:
    """Reserves the next position for a message and returns the thread with it.

    Raises NotFoundError for a thread that the tenant does not have, and InvalidRequestError, with
    OpenAI's text, while a run is active.
    """
    for _ in range(ATTEMPTS):
        thread = runs.thread(tenant, thread_id)
        if thread is None:
            raise NotFoundError(f"No thread found with id '{thread_id}'.")
        if thread.active_run_id is not None:
            raise InvalidRequestError(
                f"Can't add messages to {thread_id} while a run {thread.active_run_id} is active."
            )
        try:
            return threads.admit_message(thread)
        except WriteRefusedError:
            continue  # another client added a message or a run in between
    raise StorageUnavailableError(f"the thread's active run changed {ATTEMPTS} times")
