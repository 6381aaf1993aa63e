"""The provider's files, vector stores and containers in memory, with a list of requests."""

from collections.abc import Iterator
from typing import Any, BinaryIO

from understudy.domain.base import Json
from understudy.domain.manifests import ContainerFile
from understudy.domain.stored import ProviderFile
from understudy.errors import ProviderNotFoundError, ProviderRefusedError
from understudy.services import Services


class MemoryAccount:
    """Fits ProviderFiles, ProviderVectorStores, ProviderContainers and StoredResponses.

    `fails` is raised, once each, by the next calls.
    """

    def __init__(self) -> None:
        self.files: dict[str, tuple[ProviderFile, bytes]] = {}
        self.stores: dict[str, Json] = {}
        self.in_containers: dict[tuple[str, str], bytes] = {}
        self.done: list[tuple[str, str]] = []
        self.fails: list[Exception] = []
        self.now = 1_800_000_000
        self._number = 0

    def serve(self, services: Services) -> "MemoryAccount":
        """Replaces the provider in the services."""
        services.__dict__ |= {
            "provider_files": _Files(self),
            "provider_vector_stores": _Stores(self),
            "provider_containers": _Containers(self),
            "stored_responses": _Responses(self),
        }
        return self

    def note(self, what: str, name: str) -> None:
        """Records a request. Raises the next prepared error."""
        if self.fails:
            raise self.fails.pop(0)
        self.done.append((what, name))

    def next_id(self, prefix: str) -> str:
        self._number += 1
        return f"{prefix}{self._number}"

    def count(self, what: str) -> int:
        """Returns how often a request was sent."""
        return [each for each, _ in self.done].count(what)


class _Files:
    def __init__(self, account: MemoryAccount) -> None:
        self._account = account

    def upload(
        self,
        name: str,
        purpose: str,
        content: BinaryIO,
        *,
        content_type: str | None = None,
        expires_after: int | None = None,
    ) -> ProviderFile:
        self._account.note("upload", name)
        body = content.read()
        made = ProviderFile(
            id=self._account.next_id("file-P"),
            filename=name,
            bytes=len(body),
            created_at=self._account.now,
            purpose=purpose,
        )
        self._account.files[made.id] = (made, body)
        return made

    def content(self, provider_id: str) -> bytes:
        if provider_id not in self._account.files:
            raise ProviderNotFoundError("HTTP 404")
        return self._account.files[provider_id][1]

    def delete(self, provider_id: str) -> None:
        self._account.note("delete file", provider_id)
        self._account.files.pop(provider_id, None)

    def all(self) -> Iterator[ProviderFile]:
        return iter([file for file, _ in self._account.files.values()])


class _Stores:
    def __init__(self, account: MemoryAccount) -> None:
        self._account = account

    def call(
        self, method: str, path: str, body: Json | None = None, query: Json | None = None
    ) -> Json:
        self._account.note(f"{method} store", path)
        if method == "POST" and path == "":
            made: dict[str, Any] = {"id": self._account.next_id("vs_P"), "status": "completed"}
            self._account.stores[made["id"]] = made | (body or {})
            return made
        return self._account.stores[path.split("/")[1]]

    def delete(self, provider_id: str) -> None:
        self._account.note("delete store", provider_id)
        self._account.stores.pop(provider_id, None)

    def all(self) -> Iterator[Json]:
        return iter(list(self._account.stores.values()))


class _Containers:
    def __init__(self, account: MemoryAccount) -> None:
        self._account = account

    def add_file(self, container_id: str, provider_file_id: str) -> None:
        self._account.note("add to container", provider_file_id)

    def made_in(self, container_id: str, at_most: int) -> list[ContainerFile]:
        self._account.note("list container", container_id)
        inside = [name for place, name in self._account.in_containers if place == container_id]
        return [ContainerFile(name, f"{name}.png") for name in inside][:at_most]

    def content(self, container_id: str, container_file_id: str) -> Iterator[bytes]:
        self._account.note("download", container_file_id)
        body = self._account.in_containers.get((container_id, container_file_id))
        if body is None:
            raise ProviderRefusedError("HTTP 400", said="Container is expired.")
        yield body

    def delete(self, container_id: str) -> None:
        self._account.note("delete container", container_id)


class _Responses:
    def __init__(self, account: MemoryAccount) -> None:
        self._account = account

    def delete(self, response_id: str) -> None:
        self._account.note("delete response", response_id)
