"""Prepares a thread's files for a run: a container for code interpreter, a vector store to search.

A message only records that the thread uses its files. This module puts them where the provider's
tools read them, when a run needs them.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from understudy.domain.files import FileUse
from understudy.domain.resources import THREAD_VECTOR_STORE
from understudy.domain.runs import Run
from understudy.domain.threads import Thread
from understudy.domain.tools import (
    CodeInterpreterResources,
    CodeInterpreterTool,
    FileSearchTool,
    ToolResources,
)
from understudy.domain.vector_stores import VectorStore
from understudy.errors import ProviderNotFoundError, ProviderRefusedError, WriteRefusedError
from understudy.files.vector_stores import ensure_created
from understudy.ports import ProviderContainers, ProviderVectorStores

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.file_uses import FileUses
    from understudy.adapters.dynamodb.files import Files
    from understudy.adapters.dynamodb.threads import Threads
    from understudy.adapters.dynamodb.vector_stores import VectorStores

INDEXING_SECONDS = 60
"""A run waits this long after its creation for its thread's files to be indexed, as in OpenAI's
Assistants API."""


def is_container_gone(error: ProviderRefusedError) -> bool:
    """Returns whether a request failed because the container expired after 20 idle minutes."""
    return "container" in error.said.lower()


def forget_container(threads: "Threads", thread: Thread) -> Thread:
    """Removes the thread's container, which has expired, and returns the thread without it."""
    with suppress(WriteRefusedError):  # the thread was deleted; the run's next step ends the run
        threads.remember_container(thread.tenant, thread.id, None)
    return thread.model_copy(update={"container_id": None})


@dataclass(frozen=True)
class FilePreparation:
    """Puts a thread's files where the tools of a run read them."""

    threads: "Threads"
    files: "Files"
    file_uses: "FileUses"
    vector_stores: "VectorStores"
    provider_vector_stores: ProviderVectorStores
    provider_containers: ProviderContainers
    now: Callable[[], float]

    def prepare(self, run: Run, thread: Thread) -> Thread | None:
        """Returns the thread as the run's tools see it; None while its files are being indexed.

        Code interpreter gets the files of the run's assistant and thread, file search the thread's
        vector store.
        """
        kinds = {type(tool) for tool in run.config.tools}
        searches, codes = FileSearchTool in kinds, CodeInterpreterTool in kinds
        if not searches and not codes:
            return thread
        uses = self.file_uses.of(thread.tenant, thread.id)
        if searches:
            self._fill_vector_store(thread, uses)
            if not self._vector_stores_ready(run, thread):
                return None
        return self._with_code_files(run, thread, uses) if codes else thread

    def _fill_vector_store(self, thread: Thread, uses: Sequence[FileUse]) -> None:
        """Puts files that were attached since the last run into the thread's vector store."""
        fresh = [use.file_id for use in uses if use.file_search and not use.indexed]
        held = thread.tool_resources.vector_store_ids if thread.tool_resources else []
        store = self.vector_stores.get(thread.tenant, held[0]) if held else None
        files = self.files.get_many(thread.tenant, fresh)
        known = {key: file.provider_id for key, file in files.items() if file.provider_id}
        if store is None or not known:
            return
        path = f"/{self._ensure_created(store)}/file_batches"
        self.provider_vector_stores.call("POST", path, {"file_ids": list(known.values())})
        self.file_uses.add(thread.tenant, store.id, {each: ["file_search"] for each in known})
        self.file_uses.set_indexed(thread.tenant, thread.id, known)

    def _vector_stores_ready(self, run: Run, thread: Thread) -> bool:
        """Creates the vector stores that the run searches; False while the thread's is indexed."""
        for held in (run.config.tool_resources, thread.tool_resources):
            for store_id in held.vector_store_ids if held else []:
                store = self.vector_stores.get(thread.tenant, store_id)
                if store is None:
                    continue
                provider_id = self._ensure_created(store)
                if held is not thread.tool_resources:
                    continue
                status = self._status(provider_id)
                if status == "expired" and store.thread_id == thread.id:
                    self._recreate(store)
                    return False
                age = self.now() - run.created_at
                may_wait = run.response_id is None and age < INDEXING_SECONDS
                if status == "in_progress" and may_wait:
                    return False
        return True

    def _status(self, provider_id: str) -> str:
        try:
            return str(self.provider_vector_stores.call("GET", f"/{provider_id}")["status"])
        except ProviderNotFoundError:
            return "expired"

    def _ensure_created(self, store: VectorStore) -> str:
        return ensure_created(self.vector_stores, self.files, self.provider_vector_stores, store)

    def _recreate(self, store: VectorStore) -> None:
        """Replaces the thread's own vector store, which expired after a week without use."""
        if store.provider_id:
            self.provider_vector_stores.delete(store.provider_id)
        inside = [use.file_id for use in self.file_uses.of(store.tenant, store.id)]
        request = {**THREAD_VECTOR_STORE, "file_ids": inside}
        new = store.model_copy(update={"provider_id": None, "creation_request": request})
        self.vector_stores.put(new)
        self._ensure_created(new)

    def _with_code_files(self, run: Run, thread: Thread, uses: Sequence[FileUse]) -> Thread:
        """Returns the thread with its files added to code interpreter's container."""
        held = [each for each in (run.config.tool_resources, thread.tool_resources) if each]
        named = [file_id for each in held for file_id in each.file_ids]
        named += [use.file_id for use in uses if use.code_interpreter]
        wanted = self._newest_of_each_name(thread.tenant, list(dict.fromkeys(named)))
        there = {use.file_id for use in uses if use.container_id == thread.container_id}
        new = [file_id for file_id in wanted if file_id not in there]
        if thread.container_id and new:
            uses_of_new = {each: ["code_interpreter"] for each in new}
            self.file_uses.add(thread.tenant, thread.id, uses_of_new)
            thread = self._add_to_container(thread, thread.container_id, new)
        code = CodeInterpreterResources.model_construct(file_ids=wanted)
        resources = thread.tool_resources or ToolResources()
        seen = resources.model_copy(update={"code_interpreter": code})
        return thread.model_copy(update={"tool_resources": seen})

    def _newest_of_each_name(self, tenant: str, file_ids: list[str]) -> list[str]:
        """Returns the newest file of each name, because a container has one file per name."""
        if len(file_ids) < 2:
            return file_ids
        files = self.files.get_many(tenant, file_ids)
        newest: dict[str, str] = {}
        for file in files.values():  # ids sort by time
            newest[file.filename] = max(file.id, newest.get(file.filename, ""))
        return [file_id for file_id in file_ids if file_id in newest.values()]

    def _add_to_container(self, thread: Thread, container_id: str, new: list[str]) -> Thread:
        files = self.files.get_many(thread.tenant, new)
        for file in files.values():
            if file.provider_id is None:
                continue  # still being uploaded, or refused
            try:
                self.provider_containers.add_file(container_id, file.provider_id)
            except ProviderRefusedError:
                return forget_container(self.threads, thread)
            self.file_uses.set_container(thread.tenant, thread.id, [file.id], container_id)
        return thread
