"""Files and vector stores that request bodies name: ownership is checked, and uses are recorded.

No request goes to the provider: a vector store is only registered here, and created at the
provider when a run first needs it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from understudy.domain.assistants import Assistant
from understudy.domain.ids import derived_id, milliseconds
from understudy.domain.messages import NewMessage
from understudy.domain.resources import (
    THREAD_VECTOR_STORE,
    files_of_new_vector_stores,
    new_vector_stores,
    uses_in_messages,
    uses_in_resources,
    with_interpreter_files,
    with_vector_store,
    without,
)
from understudy.domain.threads import Thread
from understudy.domain.tools import CodeInterpreterTool, FileSearchTool, ToolResources
from understudy.errors import NotFoundError, StorageUnavailableError
from understudy.files.vector_stores import UNKNOWN_VECTOR_STORE, register_vector_store

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.file_uses import FileUses
    from understudy.adapters.dynamodb.files import Files
    from understudy.adapters.dynamodb.threads import Threads
    from understudy.adapters.dynamodb.vector_stores import VectorStores

ATTEMPTS = 4


@dataclass(frozen=True)
class Attachments:
    """Attaches files and vector stores to threads and assistants."""

    files: "Files"
    vector_stores: "VectorStores"
    file_uses: "FileUses"
    threads: "Threads"
    now: Callable[[], float]

    def check_owned(
        self, tenant: str, *, files: Iterable[str], vector_stores: Iterable[str]
    ) -> None:
        """Raises NotFoundError for a file or a vector store that the tenant does not have."""
        named = list(files)
        for file_id in self.files.missing(tenant, named) if named else []:
            raise NotFoundError(f"No such File object: {file_id}", param="file_id")
        wanted = list(vector_stores)
        for store_id in self.vector_stores.missing(tenant, wanted) if wanted else []:
            raise NotFoundError(UNKNOWN_VECTOR_STORE.format(store_id), param="vector_store_ids")

    def settle(
        self, tenant: str, resources: ToolResources | None, *, thread_id: str | None = None
    ) -> ToolResources | None:
        """Returns the resources of a body with its new vector stores registered.

        Raises NotFoundError for ids that the tenant does not have.
        """
        if resources is None:
            return None
        files = [*uses_in_resources(resources), *files_of_new_vector_stores(resources)]
        self.check_owned(tenant, files=files, vector_stores=resources.vector_store_ids)
        for new in new_vector_stores(resources):
            request = new.model_dump(exclude_none=True) | (THREAD_VECTOR_STORE if thread_id else {})
            store = register_vector_store(
                self.vector_stores,
                self.file_uses,
                self.now,
                tenant=tenant,
                creation_request=request,
                thread_id=thread_id,
            )
            resources = with_vector_store(resources, store.id)
        return resources

    def with_message_files(
        self, thread: Thread, messages: Sequence[NewMessage], resources: ToolResources | None
    ) -> ToolResources | None:
        """Returns the thread's resources with the files of the messages, and records the uses.

        Raises NotFoundError for files that the tenant does not have.
        """
        uses = uses_in_messages(messages)
        self.check_owned(thread.tenant, files=uses, vector_stores=())
        interpreted = [file_id for file_id, tools in uses.items() if "code_interpreter" in tools]
        resources = with_interpreter_files(resources, interpreted)
        if any("file_search" in tools for tools in uses.values()) and not (
            resources and resources.vector_store_ids
        ):
            resources = with_vector_store(resources, self._own_vector_store(thread))
        every = {**uses_in_resources(resources), **uses}
        if every:
            self.file_uses.add(thread.tenant, thread.id, every)
        return resources

    def attach_to_thread(self, thread: Thread, messages: Sequence[NewMessage]) -> None:
        """Attaches the files of messages that are about to be added to the thread.

        Raises NotFoundError for files that the tenant does not have, and for a missing thread.
        """
        if not uses_in_messages(messages):
            return
        for _ in range(ATTEMPTS):
            resources = self.with_message_files(thread, messages, thread.tool_resources)
            if resources == thread.tool_resources:
                return
            if self.threads.set_resources(thread, resources):
                return
            found = self.threads.get(thread.tenant, thread.id)
            if found is None:
                raise NotFoundError(f"No thread found with id '{thread.id}'.")
            thread = found
        raise StorageUnavailableError(f"the thread's resources changed {ATTEMPTS} times")

    def settle_assistant(self, assistant: Assistant) -> Assistant:
        """Returns the assistant with its resources settled, and records the uses of its files.

        All tools of the assistant may read the `file_ids` of version 1.
        """
        fields = assistant.fields
        resources = self.settle(assistant.tenant, fields.tool_resources)
        self.check_owned(assistant.tenant, files=fields.file_ids, vector_stores=())
        if fields.file_ids and any(isinstance(tool, CodeInterpreterTool) for tool in fields.tools):
            resources = with_interpreter_files(resources, fields.file_ids)
        searches = any(isinstance(tool, FileSearchTool) for tool in fields.tools)
        if fields.file_ids and searches and not (resources and resources.vector_store_ids):
            store = register_vector_store(
                self.vector_stores,
                self.file_uses,
                self.now,
                tenant=assistant.tenant,
                creation_request={"file_ids": fields.file_ids},
            )
            resources = with_vector_store(resources, store.id)
        uses = uses_in_resources(resources)
        if uses:
            self.file_uses.add(assistant.tenant, assistant.id, uses)
        settled = fields.model_copy(update={"tool_resources": resources})
        return assistant.model_copy(update={"fields": settled})

    def existing_resources(
        self, tenant: str, found: Sequence[ToolResources | None]
    ) -> list[ToolResources | None]:
        """Returns each of the resources without files and vector stores that were deleted.

        Reads nothing for resources that name none.
        """
        files = [each for resources in found if resources for each in resources.file_ids]
        stores = [each for resources in found if resources for each in resources.vector_store_ids]
        gone = set(self.files.missing(tenant, files) if files else [])
        gone |= set(self.vector_stores.missing(tenant, stores) if stores else [])
        return [without(resources, gone) for resources in found]

    def existing_in_threads(self, tenant: str, threads: Sequence[Thread]) -> list[Thread]:
        """Returns the threads without files and vector stores that were deleted."""
        found = self.existing_resources(tenant, [thread.tool_resources for thread in threads])
        return [
            thread.model_copy(update={"tool_resources": kept})
            for thread, kept in zip(threads, found, strict=True)
        ]

    def existing_in_assistants(
        self, tenant: str, assistants: Sequence[Assistant]
    ) -> list[Assistant]:
        """Returns the assistants without files and vector stores that were deleted."""
        found = [assistant.fields.tool_resources for assistant in assistants]
        return [
            assistant.model_copy(
                update={"fields": assistant.fields.model_copy(update={"tool_resources": kept})}
            )
            for assistant, kept in zip(
                assistants, self.existing_resources(tenant, found), strict=True
            )
        ]

    def _own_vector_store(self, thread: Thread) -> str:
        """Returns the id of the thread's own vector store, which is registered if needed.

        The id is derived, so that two concurrent messages get the same one.
        """
        order = milliseconds(thread.created_at)
        store_id = derived_id("vs", thread.tenant, thread.id, order=order)
        if self.vector_stores.get(thread.tenant, store_id) is None:
            register_vector_store(
                self.vector_stores,
                self.file_uses,
                self.now,
                tenant=thread.tenant,
                creation_request={"name": thread.id, **THREAD_VECTOR_STORE},
                thread_id=thread.id,
                store_id=store_id,
            )
        return store_id
