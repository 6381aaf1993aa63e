"""Adds a message to a thread that has no active run."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from understudy.domain.messages import Message, NewMessage
from understudy.files.attach import Attachments
from understudy.threads.messages import admit_message

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.messages import Messages
    from understudy.adapters.dynamodb.runs import Runs
    from understudy.adapters.dynamodb.threads import Threads


def add_message(
    threads: "Threads",
    runs: "Runs",
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
    thread = admit_message(threads, runs, tenant, thread_id)
    attachments.attach_to_thread(thread, [body])
    [message] = thread.new_messages([body], now(), first=0)
    messages.put(message)
    return message
