"""`/threads`, and the threads of users by purpose."""

from functools import partial

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
from understudy.http.frame import Request, answer
from understudy.runs.wake import wake

from ..create_thread import create_thread
from ..delete_thread import delete_thread as delete_with_its_run

router = Router()


def find(request: Request, thread_id: str) -> Thread:
    """Returns the tenant's thread. Raises NotFoundError."""
    thread = request.services.threads.get(request.tenant, thread_id)
    if thread is None:
        raise missing(thread_id)
    return thread


def missing(thread_id: str) -> NotFoundError:
    """Returns OpenAI's error for an unknown thread."""
    return NotFoundError(f"No thread found with id '{thread_id}'.")


@router.post("/threads")
def create() -> Response[str]:
    request = Request(router)
    services = request.services
    thread = create_thread(
        services.threads,
        services.attachments,
        services.settings,
        services.now,
        tenant=request.tenant,
        body=request.body(NewThread),
    )
    return answer(thread.as_object())


@router.get("/threads")
def list_threads() -> Response[str]:
    """Not in OpenAI's API, which does not list threads."""
    request = Request(router)
    return answer(_listed(request, request.query("user_id")))


@router.get("/threads/<thread_id>")
def retrieve_thread(thread_id: str) -> Response[str]:
    request = Request(router)
    return answer(_shown(request, find(request, thread_id)))


@router.post("/threads/<thread_id>")
def modify_thread(thread_id: str) -> Response[str]:
    request = Request(router)
    change = request.body(ThreadChange)
    threads, sent = request.services.threads, dict[str, object]()
    if "tool_resources" in change.model_fields_set:
        find(request, thread_id)  # before a vector store is registered for a missing thread
        sent["tool_resources"] = request.services.attachments.settle(
            request.tenant, change.tool_resources, thread_id=thread_id
        )
    if change.metadata is not None:
        sent["metadata"] = change.metadata
    thread = threads.change(request.tenant, thread_id, **sent) if sent else find(request, thread_id)
    if thread is None:
        raise missing(thread_id)
    return answer(_shown(request, thread))


@router.delete("/threads/<thread_id>")
def delete_thread(thread_id: str) -> Response[str]:
    request = Request(router)
    services = request.services
    wake_run = partial(wake, services.waits, services.executions)
    if not delete_with_its_run(
        services.threads, services.runs, wake_run, request.tenant, thread_id
    ):
        raise missing(thread_id)
    return answer({"id": thread_id, "object": "thread.deleted", "deleted": True})


@router.put("/users/<user_id>/threads/<purpose>")
def get_or_create_thread(user_id: str, purpose: str) -> Response[str]:
    """Not in OpenAI's API: the current thread of a user and purpose."""
    request = Request(router)
    thread, _ = request.services.user_threads.find_or_create(
        tenant=request.tenant,
        user_id=check_owner("user_id", user_id),
        purpose=check_owner("purpose", purpose),
        body=request.body(ThreadOfUser),
    )
    return answer(_shown(request, thread))


@router.get("/users/<user_id>/threads")
def list_threads_of_user(user_id: str) -> Response[str]:
    """Not in OpenAI's API."""
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


def _shown(request: Request, thread: Thread) -> Json:
    """Returns the thread as a response shows it, without files and vector stores that are deleted.

    A deleted vector store is not searched either, so the thread must not name it.
    """
    return request.services.attachments.existing_in_thread(thread).as_object()


def _search(request: Request) -> ThreadSearch:
    """`purpose=…` and `metadata[key]=value` of the query."""
    pairs = {
        name.removeprefix("metadata[").removesuffix("]"): value
        for name, value in request.queries().items()
        if name.startswith("metadata[") and name.endswith("]")
    }
    return ThreadSearch(purpose=request.query("purpose"), metadata=pairs)
