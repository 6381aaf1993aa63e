"""`/threads`, and the threads of users by purpose."""

from functools import partial

from understudy.domain.lists import Page
from understudy.domain.threads import (
    NewThread,
    Thread,
    ThreadChange,
    ThreadOfUser,
    ThreadSearch,
    check_owner,
)
from understudy.errors import not_found
from understudy.http.objects.lists import DeletedObject, ListOf, list_of
from understudy.http.objects.threads import ThreadObject, thread_object
from understudy.http.queries import TenantThreadPage, ThreadPage
from understudy.http.request import Request
from understudy.http.routes import Routes
from understudy.runs.wake import wake

from ..create_thread import create_thread
from ..delete_thread import delete_thread

route = Routes()


def find_thread(request: Request, thread_id: str) -> Thread:
    """Returns the tenant's thread. Raises NotFoundError."""
    thread = request.services.threads.get(request.tenant, thread_id)
    if thread is None:
        raise not_found("thread", thread_id)
    return thread


def created_thread(request: Request, body: NewThread) -> Thread:
    """Creates a thread of the tenant."""
    services = request.services
    return create_thread(
        services.threads,
        services.attachments,
        services.settings,
        services.now,
        tenant=request.tenant,
        body=body,
    )


@route("createThread")
def create(request: Request) -> ThreadObject:
    return thread_object(created_thread(request, request.body(NewThread)))


@route("listThreads")
def list_threads(request: Request) -> ListOf[ThreadObject]:
    wanted = request.query(TenantThreadPage)
    search = ThreadSearch(
        purpose=wanted.purpose,
        metadata=wanted.metadata,
        created_after=wanted.created_after,
        created_before=wanted.created_before,
    )
    return _page(request, wanted, search, wanted.user_id)


@route("getThread")
def retrieve_thread(request: Request, thread_id: str) -> ThreadObject:
    return _current(request, find_thread(request, thread_id))


@route("modifyThread")
def modify_thread(request: Request, thread_id: str) -> ThreadObject:
    change = request.body(ThreadChange)
    threads, sent = request.services.threads, dict[str, object]()
    if "tool_resources" in change.model_fields_set:
        find_thread(request, thread_id)  # before a vector store is registered for it
        sent["tool_resources"] = request.services.attachments.settle(
            request.tenant, change.tool_resources, thread_id=thread_id
        )
    if change.metadata is not None:
        sent["metadata"] = change.metadata
    if not sent:
        return _current(request, find_thread(request, thread_id))
    thread = threads.change(request.tenant, thread_id, **sent)
    if thread is None:
        raise not_found("thread", thread_id)
    return _current(request, thread)


@route("deleteThread")
def delete(request: Request, thread_id: str) -> DeletedObject:
    services = request.services
    wake_run = partial(wake, services.waits, services.executions)
    if not delete_thread(services.threads, services.runs, wake_run, request.tenant, thread_id):
        raise not_found("thread", thread_id)
    return {"id": thread_id, "object": "thread.deleted", "deleted": True}


@route("getOrCreateThread")
def get_or_create_thread(request: Request, user_id: str, purpose: str) -> ThreadObject:
    thread, _ = request.services.user_threads.find_or_create(
        tenant=request.tenant,
        user_id=check_owner("user_id", user_id),
        purpose=check_owner("purpose", purpose),
        body=request.body(ThreadOfUser),
    )
    return _current(request, thread)


@route("listThreadsOfUser")
def list_threads_of_user(request: Request, user_id: str) -> ListOf[ThreadObject]:
    wanted = request.query(ThreadPage)
    search = ThreadSearch(purpose=wanted.purpose, metadata=wanted.metadata)
    return _page(request, wanted, search, user_id)


def _current(request: Request, thread: Thread) -> ThreadObject:
    """Returns the thread without files and vector stores that were deleted."""
    [existing] = request.services.attachments.existing_in_threads(request.tenant, [thread])
    return thread_object(existing)


def _page(
    request: Request, wanted: ThreadPage, search: ThreadSearch, user_id: str | None
) -> ListOf[ThreadObject]:
    if user_id is not None:
        check_owner("user_id", user_id)
    page: Page[Thread] = request.services.threads.page(
        request.tenant, wanted, user_id=user_id, search=search
    )
    found = request.services.attachments.existing_in_threads(request.tenant, page.items)
    threads = [thread_object(each) for each in found]
    return list_of(threads, has_more=page.has_more, last_id=page.looked_up_to)
