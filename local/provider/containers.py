"""Containers of code interpreter. They expire with all their files after 20 idle minutes."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from flask import Response, request

from local.provider.account import HIDDEN, Account, ApiObject, Objects
from local.provider.checks import Json, check_choice, check_range, require
from local.provider.errors import bad_request, not_found
from local.provider.files import FileStore
from local.provider.ids import hex_id
from local.provider.web import (
    json_object,
    listed,
    object_routes,
    provider,
    sent,
    serve,
    uploaded,
)

_IDLE_MINUTES = 20
_MEMORY = ["1g", "4g", "16g", "64g"]
_KEPT_EXPIRED = 500

routes = object_routes("container.deleted", "/containers", "containers")


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
    name: str
    status: str = "running"
    expires_after: Json
    last_active_at: int
    memory_limit: str
    network_policy: Json = field(default_factory=lambda: {"type": "disabled"})
    files: dict[str, ContainerFile] = field(metadata=HIDDEN, default_factory=dict)

    @property
    def expired(self) -> bool:
        """Whether it can no longer be used."""
        return self.status == "expired"


class Containers(Objects[Container]):
    """Containers by id, oldest first."""

    kind = "container"
    missing = "Container with id '{id}' not found."

    def __init__(self, account: Account, files: FileStore) -> None:
        super().__init__(account)
        self._files = files

    def create(self, body: Json) -> Container:
        """Create a container with the given files. Raises the API's 400."""
        require(body, "name")
        memory = body.get("memory_limit") or "1g"
        check_choice("memory_limit", memory, _MEMORY)
        minutes = (body.get("expires_after") or {}).get("minutes", _IDLE_MINUTES)
        check_range("expires_after.minutes", minutes, 1)
        file_ids, now = body.get("file_ids") or [], self._clock.seconds()
        with self._changed:
            self._files.require(file_ids, "file_ids")
            made = Container(
                id=hex_id("cntr"),
                created_at=now,
                name=body["name"],
                expires_after={"anchor": "last_active_at", "minutes": minutes},
                last_active_at=now,
                memory_limit=memory,
            )
            self.add(made, name=made.name)
            for file_id in file_ids:
                self.copy_in(made.id, file_id)
        return made

    def get(self, object_id: str) -> Container:
        """Return the container, expired or not. Reading a running one keeps it alive."""
        container = super().get(object_id)
        if not container.expired:
            container.last_active_at = self._clock.seconds()
        return container

    def running(self, container_id: str) -> Container:
        """Return a container for use. Raises 400 `Container is expired.`."""
        container = self.get(container_id)
        if container.expired:
            raise bad_request("Container is expired.")
        return container

    def is_running(self, container_id: str) -> bool:
        """Tell whether a container can be used, without keeping it alive."""
        self.expire()
        container = self.find(container_id)
        return container is not None and not container.expired

    def copy_in(self, container_id: str, file_id: str) -> ContainerFile:
        """Copy a file of the account into a container; the copy is independent of the file."""
        source = self._files.get(file_id)
        stored = self._files.folder / hex_id("cfile")
        os.link(source.path, stored)
        return self.take(container_id, stored, source.filename, "user")

    def write(self, container_id: str, name: str, content: bytes) -> ContainerFile:
        """Write a file as code interpreter does."""
        stored = self._files.folder / hex_id("cfile")
        stored.write_bytes(content)
        return self.take(container_id, stored, name, "assistant")

    def take(self, container_id: str, stored: Path, name: str, source: str) -> ContainerFile:
        """Add bytes that are in the folder; replaces a file of the same name."""
        with self._changed:
            container = self.running(container_id)
            for old in [file for file in container.files.values() if file.name == name]:
                self._drop(container, old, "deleted")
            file = ContainerFile(
                id=hex_id("cfile"),
                created_at=self._clock.seconds(),
                bytes=stored.stat().st_size,
                container_id=container_id,
                path=f"/mnt/data/{name}",
                source=source,
                name=name,
                stored=stored,
            )
            container.files[file.id] = file
            detail = {"container_id": container_id, "name": name}
            self._ledger.note("container.file", file.id, "created", **detail)
            return file

    def file(self, container_id: str, file_id: str) -> ContainerFile:
        """Return a file of a running container. Raises the API's 404."""
        with self._changed:
            if (file := self.running(container_id).files.get(file_id)) is not None:
                return file
        raise not_found(f"Container file with id '{file_id}' not found.")

    def download(self, container_id: str, file_id: str) -> ContainerFile:
        """Return a file of a running container for reading."""
        file = self.file(container_id, file_id)
        self._ledger.note("container.file", file_id, "downloaded", container_id=container_id)
        return file

    def _overdue(self, thing: Container, now: float) -> bool:
        minutes = int(thing.expires_after["minutes"])
        return not thing.expired and thing.last_active_at + minutes * 60 <= now

    def _expired(self, thing: Container) -> None:
        self._empty(thing, "expired")
        thing.status = "expired"
        self._ledger.note("container", thing.id, "expired")
        expired = [each.id for each in self._objects.values() if each.expired]
        for container_id in expired[:-_KEPT_EXPIRED]:
            del self._objects[container_id]

    def _freed(self, thing: Container) -> None:
        self._empty(thing, "deleted")

    def _empty(self, container: Container, action: str) -> None:
        for file in list(container.files.values()):
            self._drop(container, file, action)

    def _drop(self, container: Container, file: ContainerFile, action: str) -> None:
        del container.files[file.id]
        file.stored.unlink(missing_ok=True)
        self._ledger.note("container.file", file.id, action, container_id=container.id)


def _add_file(container_id: str) -> ContainerFile:
    """Add a file: bytes in a form, or the id of a file of the account."""
    provider.containers.running(container_id)
    if request.mimetype == "multipart/form-data":
        with uploaded("file") as upload:
            file = provider.containers.take(container_id, upload.path, upload.filename, "user")
            upload.taken = True
        return file
    body = json_object()
    require(body, "file_id")
    return provider.containers.copy_in(container_id, body["file_id"])


def _content(container_id: str, file_id: str) -> Response:
    file = provider.containers.download(container_id, file_id)
    return sent(file.stored, file.name)


serve(
    routes,
    {
        "POST ": lambda: provider.containers.create(json_object()),
        "POST /<container_id>/files": _add_file,
        "GET /<container_id>/files": lambda container_id: listed(
            provider.containers.running(container_id).files.values()
        ),
        "GET /<container_id>/files/<file_id>/content": _content,
    },
)
