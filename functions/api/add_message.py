"""Adds a message to a thread."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from understudy.domain.messages import AddedMessage, Message
from understudy.domain.run_queue import MultitaskStrategy
from understudy.files.attach import Attachments
from understudy.threads.messages import admit_message

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.messages import Messages
    from understudy.adapters.dynamodb.run_queues import RunQueues
    from understudy.adapters.dynamodb.runs import Runs
    from understudy.adapters.dynamodb.threads import Threads


def add_message(
    threads: "Threads",
    runs: "Runs",
    queues: "RunQueues",
    messages: "Messages",
    attachments: Attachments,
    now: Callable[[], float],
    *,
    tenant: str,
    thread_id: str,
    body: AddedMessage,
    strategy: MultitaskStrategy,
) -> Message:
    """Stores the message as the thread's newest, attaches its files, and returns it.

    `strategy` is that of a request that does not choose one; only with `reject` does a thread with
    an open run refuse the message. Raises NotFoundError for a thread or a file that the tenant does
    not have, and InvalidRequestError, with OpenAI's text, while a run is active.
    """
    chosen = MultitaskStrategy(body.multitask_strategy or strategy)
    accepting = None if chosen is MultitaskStrategy.REJECT else queues
    thread = admit_message(threads, runs, tenant, thread_id, queues=accepting)
    attachments.attach_to_thread(thread, [body])
    [message] = thread.new_messages([body], now(), first=0)
    messages.put(message)
    return message
