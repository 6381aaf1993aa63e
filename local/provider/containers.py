"""Containers of code interpreter. They expire with all their files after 20 idle minutes."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from flask import Response

from local.provider.account import HIDDEN, Account, ApiObject, Objects
from local.provider.checks import Json, Parameter
from local.provider.errors import bad_request, not_found
from local.provider.files import FileStore
from local.provider.ids import hex_id
from local.provider.web import on_objects, operations, sent

_IDLE_MINUTES = 20
_NEW_FILE = {"file_id": Parameter("a string", required=True)}


@dataclass(kw_only=True)
class ContainerFile(ApiObject):
    """A file in a container. `source` is who created it: user or assistant."""

    kind = "container.file"
    bytes: int
    container_id: str
    path: str
    source: str
    name: str = field(metadata=HIDDEN)
    stored: Path = field(metadata=HIDDEN)


@dataclass(kw_only=True)
class Container(ApiObject):
    """A container and its files."""

    kind = "container"
    name: str = "auto"
    status: str = "running"
    last_active_at: int
    expires_after: Json = field(
        default_factory=lambda: {"anchor": "last_active_at", "minutes": _IDLE_MINUTES}
    )
    files: dict[str, ContainerFile] = field(metadata=HIDDEN, default_factory=dict)

    @property
    def expired(self) -> bool:
        """Whether it can no longer be used."""
        return self.status == "expired"


class Containers(Objects[Container]):
    """Containers by id, oldest first."""

    missing = "Container with id '{id}' not found."
    deleted_kind = "container.deleted"

    def __init__(self, account: Account, files: FileStore) -> None:
        super().__init__(account)
        self._files = files

    def create(self) -> Container:
        """Create an empty container."""
        now = self._clock.now()
        return self.add(Container(id=hex_id("cntr"), created_at=now, last_active_at=now))

    def get(self, object_id: str) -> Container:
        """Return the container, expired or not. Reading a running one keeps it alive."""
        container = super().get(object_id)
        if not container.expired:
            container.last_active_at = self._clock.now()
        return container

    def running(self, container_id: str) -> Container:
        """Return a container for use. Raises 400 `Container is expired.`"""
        container = self.get(container_id)
        if container.expired:
            raise bad_request("Container is expired.")
        return container

    def files_in(self, container_id: str) -> list[ContainerFile]:
        """Return the files of a running container, oldest first."""
        return list(self.running(container_id).files.values())

    def copy_in(self, container_id: str, body: Json) -> ContainerFile:
        """Copy the file `file_id` into a container; the copy is independent of the file."""
        source = self._files.get(body["file_id"])
        self.running(container_id)
        stored = self._files.folder / hex_id("cfile")
        os.link(source.path, stored)
        return self._take(container_id, stored, source.filename, "user")

    def write(self, container_id: str, name: str, content: bytes) -> ContainerFile:
        """Write a file as code interpreter does."""
        stored = self._files.folder / hex_id("cfile")
        stored.write_bytes(content)
        return self._take(container_id, stored, name, "assistant")

    def content(self, container_id: str, file_id: str) -> Response:
        """Return the bytes of a file in a running container. Raises the API's 404."""
        file = self.running(container_id).files.get(file_id)
        if file is None:
            raise not_found(f"Container file with id '{file_id}' not found.")
        return sent(file.stored, file.name)

    def _take(self, container_id: str, stored: Path, name: str, source: str) -> ContainerFile:
        """Add bytes that are in the folder; replaces a file of the same name."""
        with self._changed:
            container = self.running(container_id)
            for old in [file for file in container.files.values() if file.name == name]:
                self._drop(container, old, "deleted")
            file = ContainerFile(
                id=hex_id("cfile"),
                created_at=self._clock.now(),
                bytes=stored.stat().st_size,
                container_id=container_id,
                path=f"/mnt/data/{name}",
                source=source,
                name=name,
                stored=stored,
            )
            container.files[file.id] = file
            detail = {"container_id": container_id, "name": name}
            self._ledger.note(file.kind, file.id, "created", **detail)
            return file

    def _overdue(self, thing: Container, now: int) -> bool:
        return not thing.expired and thing.last_active_at + _IDLE_MINUTES * 60 <= now

    def _expired(self, thing: Container) -> None:
        self._freed(thing, "expired")
        thing.status = "expired"
        self._ledger.note(thing.kind, thing.id, "expired")

    def _freed(self, thing: Container, action: str = "deleted") -> None:
        for file in list(thing.files.values()):
            self._drop(thing, file, action)

    def _drop(self, container: Container, file: ContainerFile, action: str) -> None:
        del container.files[file.id]
        file.stored.unlink(missing_ok=True)
        self._ledger.note(file.kind, file.id, action, container_id=container.id)


routes = operations(
    "/containers",
    lambda provider: provider.containers,
    {
        **on_objects(Containers),
        "POST /<container_id>/files": (Containers.copy_in, _NEW_FILE),
        "GET /<container_id>/files": Containers.files_in,
        "GET /<container_id>/files/<file_id>/content": Containers.content,
    },
)
