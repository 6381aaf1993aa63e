"""`/threads`, and the threads of users by purpose."""

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from understudy.actions.create_thread import create_thread
from understudy.actions.find_thread import find_thread
from understudy.domain.lists import as_list
from understudy.domain.threads import NewThread, Thread, ThreadChange, ThreadOfUser, check_owner
from understudy.errors import NotFoundError, WriteRefusedError
from understudy.http.frame import Request, answer

router = Router()


def find(request: Request, thread_id: str) -> Thread:
    """The tenant's thread. Raises NotFoundError."""
    thread = request.services.threads.get(request.tenant, thread_id)
    if thread is None:
        raise missing(thread_id)
    return thread


def missing(thread_id: str) -> NotFoundError:
    """The original's answer to an unknown thread."""
    return NotFoundError(f"No thread found with id '{thread_id}'.")


@router.post("/threads")
def create() -> Response[str]:
    request = Request(router)
    thread = create_thread(request.services, tenant=request.tenant, body=request.body(NewThread))
    return answer(thread.as_object())


@router.get("/threads")
def list_threads() -> Response[str]:
    request = Request(router)
    page = request.services.threads.page(
        request.tenant, request.page(), user_id=request.query("user_id")
    )
    return answer(as_list([item.as_object() for item in page.items], has_more=page.has_more))


@router.get("/threads/<thread_id>")
def retrieve_thread(thread_id: str) -> Response[str]:
    return answer(find(Request(router), thread_id).as_object())


@router.post("/threads/<thread_id>")
def modify_thread(thread_id: str) -> Response[str]:
    request = Request(router)
    change = request.body(ThreadChange)
    sent = {name: getattr(change, name) for name in change.model_fields_set}
    if sent.get("metadata", {}) is None:
        sent["metadata"] = {}
    thread = find(request, thread_id).model_copy(update=sent)
    try:
        request.services.threads.change(thread)
    except WriteRefusedError as error:
        raise missing(thread_id) from error
    return answer(thread.as_object())


@router.delete("/threads/<thread_id>")
def delete_thread(thread_id: str) -> Response[str]:
    request = Request(router)
    if not request.services.threads.delete(request.tenant, thread_id):
        raise missing(thread_id)
    return answer({"id": thread_id, "object": "thread.deleted", "deleted": True})


@router.put("/users/<user_id>/threads/<purpose>")
def get_or_create_thread(user_id: str, purpose: str) -> Response[str]:
    request = Request(router)
    thread, _ = find_thread(
        request.services,
        tenant=request.tenant,
        user_id=check_owner("user_id", user_id),
        purpose=check_owner("purpose", purpose),
        body=request.body(ThreadOfUser),
    )
    return answer(thread.as_object())


@router.get("/users/<user_id>/threads")
def list_threads_of_user(user_id: str) -> Response[str]:
    request = Request(router)
    page = request.services.threads.page(
        request.tenant, request.page(), user_id=check_owner("user_id", user_id)
    )
    return answer(as_list([item.as_object() for item in page.items], has_more=page.has_more))
