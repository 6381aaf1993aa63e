"""`/threads/{thread_id}/messages`"""

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from understudy.actions.start_run import new_messages
from understudy.domain.lists import as_list
from understudy.domain.messages import Message, NewMessage
from understudy.errors import InvalidRequestError, NotFoundError, WriteRefusedError
from understudy.http.frame import Request, answer

from . import threads

router = Router()


def find(request: Request, thread_id: str, message_id: str) -> Message:
    """The thread's message. Raises NotFoundError for the thread or the message."""
    threads.find(request, thread_id)
    message = request.services.messages.get(request.tenant, thread_id, message_id)
    if message is None:
        raise NotFoundError(f"No message found with id '{message_id}'.")
    return message


@router.post("/threads/<thread_id>/messages")
def create_message(thread_id: str) -> Response[str]:
    request = Request(router)
    body = request.body(NewMessage)
    try:
        thread = request.services.threads.admit_message(request.tenant, thread_id)
    except WriteRefusedError as error:
        busy = threads.find(request, thread_id)
        raise InvalidRequestError(
            f"Can't add messages to {thread_id} while a run {busy.active_run_id} is active."
        ) from error
    [message] = new_messages([body], thread, request.services.now(), first=0)
    request.services.messages.put(message)
    return answer(message.as_object())


@router.get("/threads/<thread_id>/messages")
def list_messages(thread_id: str) -> Response[str]:
    request = Request(router)
    threads.find(request, thread_id)
    page = request.services.messages.page(
        request.tenant, thread_id, request.page(), run_id=request.query("run_id")
    )
    return answer(as_list([item.as_object() for item in page.items], has_more=page.has_more))


@router.get("/threads/<thread_id>/messages/<message_id>")
def retrieve_message(thread_id: str, message_id: str) -> Response[str]:
    return answer(find(Request(router), thread_id, message_id).as_object())
