"""`/threads`, and the threads of users by purpose."""

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from understudy.domain.base import Json
from understudy.domain.lists import Page, as_list
from understudy.domain.threads import (
    NewThread,
    Thread,
    ThreadChange,
    ThreadOfUser,
    ThreadSearch,
    check_owner,
)
from understudy.errors import NotFoundError
from understudy.files.attach import settle_resources
from understudy.http.frame import Request, answer
from understudy.threads.find import find_thread

from ..create_thread import create_thread
from ..delete_thread import delete_thread as delete_with_its_run

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
    """Not in the original, whose threads could not be found again."""
    request = Request(router)
    return answer(_listed(request, request.query("user_id")))


@router.get("/threads/<thread_id>")
def retrieve_thread(thread_id: str) -> Response[str]:
    return answer(find(Request(router), thread_id).as_object())


@router.post("/threads/<thread_id>")
def modify_thread(thread_id: str) -> Response[str]:
    request = Request(router)
    change = request.body(ThreadChange)
    threads, sent = request.services.threads, dict[str, object]()
    if "tool_resources" in change.model_fields_set:
        find(request, thread_id)  # before a vector store is promised to a thread that is not there
        sent["tool_resources"] = settle_resources(
            request.services, request.tenant, change.tool_resources, thread_id=thread_id
        )
    if change.metadata is not None:
        sent["metadata"] = change.metadata
    thread = threads.change(request.tenant, thread_id, **sent) if sent else find(request, thread_id)
    if thread is None:
        raise missing(thread_id)
    return answer(thread.as_object())


@router.delete("/threads/<thread_id>")
def delete_thread(thread_id: str) -> Response[str]:
    request = Request(router)
    if not delete_with_its_run(request.services, request.tenant, thread_id):
        raise missing(thread_id)
    return answer({"id": thread_id, "object": "thread.deleted", "deleted": True})


@router.put("/users/<user_id>/threads/<purpose>")
def get_or_create_thread(user_id: str, purpose: str) -> Response[str]:
    """Not in the original: the one thread of a user for a purpose."""
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
    """Not in the original."""
    return answer(_listed(Request(router), user_id))


def _listed(request: Request, user_id: str | None) -> Json:
    if user_id is not None:
        check_owner("user_id", user_id)
    page: Page[Thread] = request.services.threads.page(
        request.tenant, request.page(), user_id=user_id, search=_search(request)
    )
    return as_list(
        [item.as_object() for item in page.items],
        has_more=page.has_more,
        last_id=page.looked_up_to,
    )


def _search(request: Request) -> ThreadSearch:
    """`purpose=…` and `metadata[key]=value` of the query."""
    pairs = {
        name.removeprefix("metadata[").removesuffix("]"): value
        for name, value in request.queries().items()
        if name.startswith("metadata[") and name.endswith("]")
    }
    return ThreadSearch(purpose=request.query("purpose"), metadata=pairs)
