"""Files and vector stores that a body names: checked against their owner, and noted as used.

The provider is not asked: a vector store that is to be made is promised, and made when a run needs
it first.
"""

from collections.abc import Iterable, Sequence

from understudy.domain.assistants import Assistant
from understudy.domain.ids import derived_id, milliseconds
from understudy.domain.messages import NewMessage
from understudy.domain.resources import (
    THREAD_STORE,
    files_in_stores,
    new_stores,
    uses_in_messages,
    uses_in_resources,
    with_interpreter_files,
    with_store,
)
from understudy.domain.threads import Thread
from understudy.domain.tools import CodeInterpreterTool, FileSearchTool, ToolResources
from understudy.errors import NotFoundError, StorageUnavailableError
from understudy.files.vector_stores import UNKNOWN_STORE, promise_store
from understudy.ports import Ports

ATTEMPTS = 4


def check_owned(ports: Ports, tenant: str, *, files: Iterable[str], stores: Iterable[str]) -> None:
    """Raises NotFoundError for a file or a vector store that the tenant does not have."""
    named = list(files)
    for file_id in ports.files.missing(tenant, named) if named else []:
        raise NotFoundError(f"No such File object: {file_id}", param="file_id")
    wanted = list(stores)
    for store_id in ports.vector_stores.missing(tenant, wanted) if wanted else []:
        raise NotFoundError(UNKNOWN_STORE.format(store_id), param="vector_store_ids")


def settle_resources(
    ports: Ports, tenant: str, resources: ToolResources | None, *, thread_id: str | None = None
) -> ToolResources | None:
    """The resources of a body, with a promised vector store in place of one that is to be made.

    Raises NotFoundError for ids that the tenant does not have.
    """
    if resources is None:
        return None
    files = [*uses_in_resources(resources), *files_in_stores(resources)]
    check_owned(ports, tenant, files=files, stores=resources.vector_store_ids)
    for new in new_stores(resources):
        wanted = new.model_dump(exclude_none=True) | (THREAD_STORE if thread_id else {})
        store = promise_store(ports, tenant=tenant, wanted=wanted, thread_id=thread_id)
        resources = with_store(resources, store.id)
    return resources


def attached(
    ports: Ports, thread: Thread, messages: Sequence[NewMessage], resources: ToolResources | None
) -> ToolResources | None:
    """What the thread has once the files of the messages are attached to it; notes the uses.

    Raises NotFoundError for files that the tenant does not have.
    """
    uses = uses_in_messages(messages)
    check_owned(ports, thread.tenant, files=uses, stores=())
    interpreted = [file_id for file_id, tools in uses.items() if "code_interpreter" in tools]
    resources = with_interpreter_files(resources, interpreted)
    if any("file_search" in tools for tools in uses.values()) and not (
        resources and resources.vector_store_ids
    ):
        resources = with_store(resources, _own_store(ports, thread))
    every = {**uses_in_resources(resources), **uses}
    if every:
        ports.file_uses.add(thread.tenant, thread.id, every)
    return resources


def _own_store(ports: Ports, thread: Thread) -> str:
    """The store of the thread alone; its id is derived, so that two messages at once get one."""
    order = milliseconds(thread.created_at)
    store_id = derived_id("vs", thread.tenant, thread.id, order=order)
    if ports.vector_stores.get(thread.tenant, store_id) is None:
        wanted = {"name": thread.id, **THREAD_STORE}
        promise_store(
            ports, tenant=thread.tenant, wanted=wanted, thread_id=thread.id, store_id=store_id
        )
    return store_id


def attach_to_thread(ports: Ports, thread: Thread, messages: Sequence[NewMessage]) -> None:
    """Gives a thread the files of messages that are about to be added to it.

    Raises NotFoundError for files that the tenant does not have, and for a thread that is gone.
    """
    if not uses_in_messages(messages):
        return
    for _ in range(ATTEMPTS):
        resources = attached(ports, thread, messages, thread.tool_resources)
        if resources == thread.tool_resources:
            return
        if ports.threads.set_resources(thread, resources):
            return
        found = ports.threads.get(thread.tenant, thread.id)
        if found is None:
            raise NotFoundError(f"No thread found with id '{thread.id}'.")
        thread = found
    raise StorageUnavailableError(f"the thread's resources changed {ATTEMPTS} times meanwhile")


def settle_assistant(ports: Ports, assistant: Assistant) -> Assistant:
    """The assistant with resources that its tenant has, and the uses of its files noted.

    The `file_ids` of version 1 go to the tools that the assistant has, as they did there.
    """
    fields = assistant.fields
    resources = settle_resources(ports, assistant.tenant, fields.tool_resources)
    check_owned(ports, assistant.tenant, files=fields.file_ids, stores=())
    if fields.file_ids and any(isinstance(tool, CodeInterpreterTool) for tool in fields.tools):
        resources = with_interpreter_files(resources, fields.file_ids)
    searches = any(isinstance(tool, FileSearchTool) for tool in fields.tools)
    if fields.file_ids and searches and not (resources and resources.vector_store_ids):
        wanted = {"file_ids": fields.file_ids}
        store = promise_store(ports, tenant=assistant.tenant, wanted=wanted)
        resources = with_store(resources, store.id)
    uses = uses_in_resources(resources)
    if uses:
        ports.file_uses.add(assistant.tenant, assistant.id, uses)
    settled = fields.model_copy(update={"tool_resources": resources})
    return assistant.model_copy(update={"fields": settled})
