"""Adds a message to a thread that has no active run."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from understudy.domain.messages import Message, NewMessage
from understudy.errors import (
    InvalidRequestError,
    StorageUnavailableError,
    WriteRefusedError,
    not_found,
)
from understudy.files.attach import Attachments

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.messages import Messages
    from understudy.adapters.dynamodb.threads import Threads

ATTEMPTS = 3


def add_message(
    threads: "Threads",
    messages: "Messages",
    attachments: Attachments,
    now: Callable[[], float],
    *,
    tenant: str,
    thread_id: str,
    body: NewMessage,
) -> Message:
    """Stores the message as the thread's newest, attaches its files, and returns it.

    Raises NotFoundError for a thread or a file that the tenant does not have, and
    InvalidRequestError, with OpenAI's text, while a run is active.
    """
    for _ in range(ATTEMPTS):
        try:
            thread = threads.admit_message(tenant, thread_id)
        except WriteRefusedError as error:
            busy = threads.get(tenant, thread_id)
            if busy is None:
                raise not_found("thread", thread_id) from error
            if busy.active_run_id is not None:
                raise InvalidRequestError(
                    f"Can't add messages to {thread_id} while a run {busy.active_run_id} is active."
                ) from error
            continue  # the run ended between the two requests
        attachments.attach_to_thread(thread, [body])
        [message] = thread.new_messages([body], now(), first=0)
        messages.put(message)
        return message
    raise StorageUnavailableError(f"the thread's active run changed {ATTEMPTS} times")
