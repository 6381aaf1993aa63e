"""`/threads/{thread_id}/messages`"""

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from pydantic import Field
from understudy.domain.base import MAX_ID
from understudy.domain.lists import Page, PageRequest, as_list
from understudy.domain.messages import Message, MetadataChange, NewMessage
from understudy.errors import NotFoundError
from understudy.http.frame import Request, answer

from ..add_message import add_message
from . import threads

router = Router()


class MessagePage(PageRequest):
    """A page of a thread's messages, or of those that the run `run_id` wrote."""

    run_id: str | None = Field(default=None, max_length=MAX_ID)


def find(request: Request, thread_id: str, message_id: str) -> Message:
    """Returns the thread's message. Raises NotFoundError for the thread or the message."""
    message = request.services.messages.get(request.tenant, thread_id, message_id)
    if message is None:
        threads.find(request, thread_id)
        raise missing(message_id)
    return message


def missing(message_id: str) -> NotFoundError:
    """Returns OpenAI's error for an unknown message."""
    return NotFoundError(f"No message found with id '{message_id}'.")


@router.post("/threads/<thread_id>/messages")
def create_message(thread_id: str) -> Response[str]:
    request = Request(router)
    body = request.body(NewMessage)
    services = request.services
    message = add_message(
        services.threads,
        services.runs,
        services.messages,
        services.attachments,
        services.now,
        tenant=request.tenant,
        thread_id=thread_id,
        body=body,
    )
    return answer(message.as_object())


@router.get("/threads/<thread_id>/messages")
def list_messages(thread_id: str) -> Response[str]:
    request = Request(router)
    services, wanted = request.services, request.page_as(MessagePage)
    threads.find(request, thread_id)
    asked = wanted.run_id
    run = services.runs.get(request.tenant, thread_id, asked) if asked else None
    if asked and run is None:
        page = Page[Message](items=[], has_more=False)
    else:
        page = services.messages.page(request.tenant, thread_id, wanted, run=run)
    return answer(as_list([item.as_object() for item in page.items], has_more=page.has_more))


@router.get("/threads/<thread_id>/messages/<message_id>")
def retrieve_message(thread_id: str, message_id: str) -> Response[str]:
    return answer(find(Request(router), thread_id, message_id).as_object())


@router.post("/threads/<thread_id>/messages/<message_id>")
def modify_message(thread_id: str, message_id: str) -> Response[str]:
    request = Request(router)
    change = request.body(MetadataChange)
    message = find(request, thread_id, message_id)
    if change.metadata is not None:
        message = message.model_copy(update={"metadata": change.metadata})
        if not request.services.messages.change(message):
            find(request, thread_id, message_id)
            raise missing(message_id)
    return answer(message.as_object())


@router.delete("/threads/<thread_id>/messages/<message_id>")
def delete_message(thread_id: str, message_id: str) -> Response[str]:
    request = Request(router)
    if not request.services.messages.delete(request.tenant, thread_id, message_id):
        threads.find(request, thread_id)
        raise missing(message_id)
    return answer({"id": message_id, "object": "thread.message.deleted", "deleted": True})
