"""Gives a run's tools the files that its thread has: a container for code, a store to search.

Attachments become uses of the thread when their message is written. What that means at the
provider is settled here, when a run needs it.
"""

from collections.abc import Sequence
from contextlib import suppress

from understudy.domain.files import FileUse
from understudy.domain.resources import THREAD_STORE
from understudy.domain.runs import Run
from understudy.domain.threads import Thread
from understudy.domain.tools import (
    CodeInterpreterResources,
    CodeInterpreterTool,
    FileSearchTool,
    ToolResources,
)
from understudy.domain.vector_stores import VectorStore
from understudy.errors import (
    ProviderNotFoundError,
    ProviderRefusedError,
    WriteRefusedError,
)
from understudy.files.vector_stores import open_store
from understudy.ports import Ports

INDEXING_SECONDS = 60
"""How long after its creation a run waits for its thread's files, as the original did."""


def open_tools(ports: Ports, run: Run, thread: Thread) -> Thread | None:
    """The thread as the run's tools are to see it; None while its files are being indexed.

    Code interpreter gets the files of the run's assistant and thread, file search the thread's
    store, both made as needed.
    """
    kinds = {type(tool) for tool in run.config.tools}
    searches, codes = FileSearchTool in kinds, CodeInterpreterTool in kinds
    if not searches and not codes:
        return thread
    uses = ports.file_uses.of(thread.tenant, thread.id)
    if searches:
        _put_in_store(ports, thread, uses)
        if not _stores_ready(ports, run, thread):
            return None
    return _with_code_files(ports, run, thread, uses) if codes else thread


def forget_container(ports: Ports, thread: Thread) -> Thread:
    """The thread without the container in which its work went on, which has died."""
    with suppress(WriteRefusedError):  # if the thread is gone its run will notice
        ports.threads.remember_container(thread.tenant, thread.id, None)
    return thread.model_copy(update={"container_id": None})


def is_container_gone(error: ProviderRefusedError) -> bool:
    """Whether a request failed because the container died of its 20 idle minutes."""
    return "container" in error.said.lower()


def _put_in_store(ports: Ports, thread: Thread, uses: Sequence[FileUse]) -> None:
    """Puts files that were attached since the last run into the thread's store."""
    fresh = [use.file_id for use in uses if use.file_search and not use.indexed]
    held = thread.tool_resources.vector_store_ids if thread.tool_resources else []
    store = ports.vector_stores.get(thread.tenant, held[0]) if held else None
    files = ports.files.get_many(thread.tenant, fresh)
    known = {key: file.provider_id for key, file in files.items() if file.provider_id}
    if store is None or not known:
        return
    path = f"/{open_store(ports, store)}/file_batches"
    ports.provider_vector_stores.call("POST", path, {"file_ids": list(known.values())})
    ports.file_uses.add(thread.tenant, store.id, {each: ["file_search"] for each in known})
    ports.file_uses.set_indexed(thread.tenant, thread.id, known)


def _stores_ready(ports: Ports, run: Run, thread: Thread) -> bool:
    """Opens all stores that the run searches; False while the thread's is being indexed."""
    for held in (run.config.tool_resources, thread.tool_resources):
        for store_id in held.vector_store_ids if held else []:
            store = ports.vector_stores.get(thread.tenant, store_id)
            if store is None:
                continue
            provider_id = open_store(ports, store)
            if held is not thread.tool_resources:
                continue
            status = _status(ports, provider_id)
            if status == "expired" and store.thread_id == thread.id:
                _make_again(ports, store)
                return False
            may_wait = run.response_id is None and ports.now() - run.created_at < INDEXING_SECONDS
            if status == "in_progress" and may_wait:
                return False
    return True


def _status(ports: Ports, provider_id: str) -> str:
    try:
        return str(ports.provider_vector_stores.call("GET", f"/{provider_id}")["status"])
    except ProviderNotFoundError:
        return "expired"


def _make_again(ports: Ports, store: VectorStore) -> None:
    """The thread's own store died of a week without use; another one takes its place."""
    if store.provider_id:
        ports.provider_vector_stores.delete(store.provider_id)
    inside = [use.file_id for use in ports.file_uses.of(store.tenant, store.id)]
    wanted = {**THREAD_STORE, "file_ids": inside}
    again = store.model_copy(update={"provider_id": None, "wanted": wanted})
    ports.vector_stores.put(again)
    open_store(ports, again)


def _with_code_files(ports: Ports, run: Run, thread: Thread, uses: Sequence[FileUse]) -> Thread:
    held = [each for each in (run.config.tool_resources, thread.tool_resources) if each]
    named = [file_id for each in held for file_id in each.file_ids]
    named += [use.file_id for use in uses if use.code_interpreter]
    wanted = _newest_of_each_name(ports, thread.tenant, list(dict.fromkeys(named)))
    there = {use.file_id for use in uses if use.container_id == thread.container_id}
    new = [file_id for file_id in wanted if file_id not in there]
    if thread.container_id and new:
        ports.file_uses.add(thread.tenant, thread.id, {each: ["code_interpreter"] for each in new})
        thread = _put_in(ports, thread, thread.container_id, new)
    code = CodeInterpreterResources.model_construct(file_ids=wanted)
    resources = thread.tool_resources or ToolResources()
    seen = resources.model_copy(update={"code_interpreter": code})
    return thread.model_copy(update={"tool_resources": seen})


def _newest_of_each_name(ports: Ports, tenant: str, file_ids: list[str]) -> list[str]:
    """In a container a name is one file: of several versions of a file it gets the newest.

    Ids sort by time.
    """
    if len(file_ids) < 2:
        return file_ids
    files = ports.files.get_many(tenant, file_ids)
    newest: dict[str, str] = {}
    for file in files.values():
        newest[file.filename] = max(file.id, newest.get(file.filename, ""))
    return [file_id for file_id in file_ids if file_id in newest.values()]


def _put_in(ports: Ports, thread: Thread, container_id: str, new: list[str]) -> Thread:
    files = ports.files.get_many(thread.tenant, new)
    for file in files.values():
        if file.provider_id is None:
            continue  # on its way still, or refused
        try:
            ports.provider_containers.add_file(container_id, file.provider_id)
        except ProviderRefusedError:
            return forget_container(ports, thread)
        ports.file_uses.set_container(thread.tenant, thread.id, [file.id], container_id)
    return thread
