"""`/threads/{thread_id}/messages`"""

from understudy.domain.lists import Page
from understudy.domain.messages import AddedMessage, Message, MetadataChange
from understudy.errors import not_found
from understudy.http.objects.lists import DeletedObject, ListOf, list_of
from understudy.http.objects.threads import MessageObject, message_object
from understudy.http.queries import MessagePage
from understudy.http.request import Request
from understudy.http.routes import Routes

from ..add_message import add_message
from .threads import find_thread

route = Routes()


def find_message(request: Request, thread_id: str, message_id: str) -> Message:
    """Returns the thread's message. Raises NotFoundError for the thread or the message."""
    message = request.services.messages.get(request.tenant, thread_id, message_id)
    if message is None:
        find_thread(request, thread_id)
        raise not_found("message", message_id)
    return message


@route("createMessage")
def create_message(request: Request, thread_id: str) -> MessageObject:
    body, services = request.body(AddedMessage), request.services
    message = add_message(
        services.threads,
        services.runs,
        services.run_queues,
        services.messages,
        services.attachments,
        services.now,
        tenant=request.tenant,
        thread_id=thread_id,
        body=body,
        strategy=request.caller.multitask_strategy,
    )
    return message_object(message)


@route("listMessages")
def list_messages(request: Request, thread_id: str) -> ListOf[MessageObject]:
    services, wanted = request.services, request.query(MessagePage)
    find_thread(request, thread_id)
    asked = wanted.run_id
    run = services.runs.get(request.tenant, thread_id, asked) if asked else None
    if asked and run is None:
        page = Page[Message](items=[], has_more=False)
    else:
        page = services.messages.page(request.tenant, thread_id, wanted, run=run)
    return list_of([message_object(each) for each in page.items], has_more=page.has_more)


@route("getMessage")
def retrieve_message(request: Request, thread_id: str, message_id: str) -> MessageObject:
    return message_object(find_message(request, thread_id, message_id))


@route("modifyMessage")
def modify_message(request: Request, thread_id: str, message_id: str) -> MessageObject:
    change = request.body(MetadataChange)
    message = find_message(request, thread_id, message_id)
    if change.metadata is not None:
        message = message.model_copy(update={"metadata": change.metadata})
        if not request.services.messages.change(message):
            find_thread(request, thread_id)
            raise not_found("message", message_id)
    return message_object(message)


@route("deleteMessage")
def delete_message(request: Request, thread_id: str, message_id: str) -> DeletedObject:
    if not request.services.messages.delete(request.tenant, thread_id, message_id):
        find_thread(request, thread_id)
        raise not_found("message", message_id)
    return {"id": message_id, "object": "thread.message.deleted", "deleted": True}
