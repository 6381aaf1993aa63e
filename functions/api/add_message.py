"""Adding a message to a thread that nothing runs on."""

from understudy.domain.messages import Message, NewMessage
from understudy.errors import (
    InvalidRequestError,
    NotFoundError,
    StorageUnavailableError,
    WriteRefusedError,
)
from understudy.files.attach import attach_to_thread
from understudy.ports import Ports

ATTEMPTS = 3


def add_message(ports: Ports, *, tenant: str, thread_id: str, body: NewMessage) -> Message:
    """Stores the message as the thread's newest; its files are the thread's from then on.

    Raises NotFoundError for a thread or a file that the tenant does not have, and
    InvalidRequestError, with the original's text, while a run is active.
    """
    for _ in range(ATTEMPTS):
        try:
            thread = ports.threads.admit_message(tenant, thread_id)
        except WriteRefusedError as error:
            busy = ports.threads.get(tenant, thread_id)
            if busy is None:
                raise NotFoundError(f"No thread found with id '{thread_id}'.") from error
            if busy.active_run_id is not None:
                raise InvalidRequestError(
                    f"Can't add messages to {thread_id} while a run {busy.active_run_id} is active."
                ) from error
            continue  # The run ended while we looked.
        attach_to_thread(ports, thread, [body])
        [message] = thread.new_messages([body], ports.now(), first=0)
        ports.messages.put(message)
        return message
    raise StorageUnavailableError(f"the thread was busy and free again {ATTEMPTS} times")
