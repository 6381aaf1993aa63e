"""The hosted tools of one response, on the account's real containers and vector stores."""

from __future__ import annotations

from local.provider.brain.desk import Passage, WrittenFile
from local.provider.checks import Json
from local.provider.files.containers import Containers
from local.provider.files.store import FileStore
from local.provider.responses.request import CreateRequest
from local.provider.vector_stores.store import VectorStores

_READ_LIMIT = 16 * 1024 * 1024
_RESULTS = 20


class HostedDesk:
    """What file search, code interpreter and file inputs of a request refer to.

    Making one checks that all of it exists. Raises `ApiError` with the API's text if not. A
    container of type auto is made on first use, unless one from the history still runs.
    """

    def __init__(
        self,
        request: CreateRequest,
        history: list[Json],
        files: FileStore,
        containers: Containers,
        vector_stores: VectorStores,
    ) -> None:
        self._files = files
        self._containers = containers
        self._vector_stores = vector_stores
        self._search_tool = _tool(request, "file_search")
        self._code_tool = _tool(request, "code_interpreter")
        self._input_files = _input_files(history)
        self._container = self._chosen_container(history)
        files.require(self._input_files, "input")
        for store_id in self._search_tool.get("vector_store_ids") or []:
            vector_stores.usable(store_id)

    def search(self, query: str) -> list[Passage]:
        """The passages of the attached vector stores that fit best."""
        tool = self._search_tool
        found = [
            passage
            for store_id in tool.get("vector_store_ids") or []
            for passage in self._vector_stores.search(store_id, query, tool.get("filters"))
        ]
        found.sort(key=lambda passage: -passage.score)
        return found[: tool.get("max_num_results") or _RESULTS]

    def container_id(self) -> str:
        """The container, made now if there is none yet, with the input's files in it."""
        if self._container is None:
            self._container = self._containers.create({"name": "auto"}).id
        container = self._containers.running(self._container)
        present = {file.name for file in container.files.values()}
        auto = self._code_tool.get("container")
        given = auto.get("file_ids") or [] if isinstance(auto, dict) else []
        for file_id in dict.fromkeys([*given, *self._input_files]):
            if self._files.get(file_id).filename not in present:
                self._containers.add_file(container.id, file_id)
        return container.id

    def container_files(self) -> dict[str, bytes]:
        """The files in the container by name; of a very long one its first 16 MB."""
        container = self._containers.running(self.container_id())
        contents = {}
        for file in container.files.values():
            with file.stored.open("rb") as stored:
                contents[file.name] = stored.read(_READ_LIMIT)
        return contents

    def write_file(self, filename: str, content: bytes) -> WrittenFile:
        """Leave a file in the container."""
        file = self._containers.write(self.container_id(), filename, content)
        return WrittenFile(file.container_id, file.id, filename)

    def file_bytes(self, file_id: str) -> bytes:
        """The content of a file that the input refers to."""
        with self._files.get(file_id).path.open("rb") as stored:
            return stored.read(_READ_LIMIT)

    def _chosen_container(self, history: list[Json]) -> str | None:
        chosen = self._code_tool.get("container")
        if isinstance(chosen, str):
            return self._containers.running(chosen).id
        if isinstance(chosen, dict):
            self._files.require(chosen.get("file_ids") or [], "tools")
        seen = [i["container_id"] for i in history if i["type"] == "code_interpreter_call"]
        return next((c for c in reversed(seen) if self._containers.is_running(c)), None)


def _tool(request: CreateRequest, kind: str) -> Json:
    return next((tool for tool in request.tools if tool["type"] == kind), {})


def _input_files(history: list[Json]) -> list[str]:
    return [
        part["file_id"]
        for item in history
        if item["type"] == "message"
        for part in item["content"]
        if part["type"] in {"input_file", "input_image"} and part.get("file_id")
    ]
