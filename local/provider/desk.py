"""The hosted tools of one response, on the account's containers, files and vector stores."""

from local.provider.checks import Json
from local.provider.containers import Containers
from local.provider.files import FileStore
from local.provider.responses.request import CreateRequest
from local.provider.test_model.prompt import Passage, WrittenFile
from local.provider.vector_stores.store import VectorStores

_READ_LIMIT = 16 * 1024 * 1024
_RESULTS = 20


class HostedDesk:
    """What file search, code interpreter and file inputs of a request refer to.

    The constructor checks that all of it exists and raises `ApiError` with the API's text if not.
    A container of type auto is created on first use, unless one from the history still runs.
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
        parts = [p for i in history if i["type"] == "message" for p in i["content"]]
        self._documents = _file_ids(parts, "input_file")
        self._input_files = [*self._documents, *_file_ids(parts, "input_image")]
        self._container = self._chosen_container() or self._last_container(history)
        files.require(self._given(), "input")
        for store_id in self._search_tool.get("vector_store_ids") or []:
            vector_stores.usable(store_id)

    def search(self, query: str) -> list[Passage]:
        """Return the passages of the attached vector stores that match best."""
        tool = self._search_tool
        found = [
            passage
            for store_id in tool.get("vector_store_ids") or []
            for passage in self._vector_stores.search(store_id, query, tool.get("filters"))
        ]
        found.sort(key=lambda passage: -passage.score)
        return found[: tool.get("max_num_results") or _RESULTS]

    def container_id(self) -> str:
        """Return the container's id; creates it on first use, with the input's files in it."""
        if self._container is None:
            self._container = self._containers.create().id
        container = self._containers.running(self._container)
        present = {file.name for file in container.files.values()}
        for file_id in self._given():
            if self._files.get(file_id).filename not in present:
                self._containers.copy_in(container.id, {"file_id": file_id})
        return container.id

    def container_files(self) -> dict[str, bytes]:
        """Return the container's files by name, of each at most 16 MB; creates none for none."""
        if self._container is None and not self._given():
            return {}
        container = self._containers.running(self.container_id())
        contents = {}
        for file in container.files.values():
            with file.stored.open("rb") as stored:
                contents[file.name] = stored.read(_READ_LIMIT)
        return contents

    def write_file(self, filename: str, content: bytes) -> WrittenFile:
        """Write a file into the container."""
        file = self._containers.write(self.container_id(), filename, content)
        return WrittenFile(file.container_id, file.id, filename)

    def input_files(self) -> dict[str, tuple[str, bytes]]:
        """Return the name and content of the documents in the input, by id."""
        contents = {}
        for file in self._files.require(self._documents, "input"):
            with file.path.open("rb") as stored:
                contents[file.id] = (file.filename, stored.read(_READ_LIMIT))
        return contents

    def _given(self) -> list[str]:
        auto = self._code_tool.get("container")
        given = auto.get("file_ids") or [] if isinstance(auto, dict) else []
        return list(dict.fromkeys([*given, *self._input_files]))

    def _chosen_container(self) -> str | None:
        """Return the container that the request names."""
        chosen = self._code_tool.get("container")
        return self._containers.running(chosen).id if isinstance(chosen, str) else None

    def _last_container(self, history: list[Json]) -> str | None:
        """Return the newest container of the history that still runs."""
        self._containers.expire()
        for item in reversed(history):
            if item["type"] == "code_interpreter_call":
                container = self._containers.find(item["container_id"])
                if container is not None and not container.expired:
                    return container.id
        return None


def _tool(request: CreateRequest, kind: str) -> Json:
    return next((tool for tool in request.tools if tool["type"] == kind), {})


def _file_ids(parts: list[Json], kind: str) -> list[str]:
    return [part["file_id"] for part in parts if part["type"] == kind and part.get("file_id")]
