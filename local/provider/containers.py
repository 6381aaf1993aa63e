"""Containers of code interpreter. They expire with all their files after 20 idle minutes."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from flask import Response, request

from local.provider.account import Account, Objects
from local.provider.checks import Json, check_choice, check_minimum, page
from local.provider.errors import bad_request, missing_parameter, not_found
from local.provider.files import FileStore
from local.provider.ids import hex_id
from local.provider.web import json_object, object_routes, provider, sent, uploaded

_IDLE_MINUTES = 20
_MEMORY = ["1g", "4g", "16g", "64g"]
_KEPT_EXPIRED = 500

routes = object_routes("container.deleted", "/containers", "containers")


@dataclass(frozen=True)
class ContainerFile:
    """A file in a container. `source` is who created it: user or assistant."""

    id: str
    container_id: str
    name: str
    size: int
    created_at: int
    source: str
    stored: Path

    def rendered(self) -> Json:
        """Return the API object."""
        return {
            "id": self.id,
            "object": "container.file",
            "bytes": self.size,
            "container_id": self.container_id,
            "created_at": self.created_at,
            "path": f"/mnt/data/{self.name}",
            "source": self.source,
        }


@dataclass
class Container:
    """A container and its files."""

    id: str
    name: str
    created_at: int
    last_active_at: int
    minutes: int
    memory_limit: str
    expired: bool = False
    files: dict[str, ContainerFile] = field(default_factory=dict)

    def rendered(self) -> Json:
        """Return the API object."""
        return {
            "id": self.id,
            "object": "container",
            "created_at": self.created_at,
            "status": "expired" if self.expired else "running",
            "expires_after": {"anchor": "last_active_at", "minutes": self.minutes},
            "last_active_at": self.last_active_at,
            "memory_limit": self.memory_limit,
            "network_policy": {"type": "disabled"},
            "name": self.name,
        }


class Containers(Objects[Container]):
    """Containers by id, oldest first."""

    kind = "container"
    missing = "Container with id '{id}' not found."

    def __init__(self, account: Account, files: FileStore) -> None:
        super().__init__(account)
        self._files = files

    def create(self, body: Json) -> Container:
        """Create a container with the given files. Raises the API's 400."""
        if "name" not in body:
            raise missing_parameter("name")
        memory = body.get("memory_limit") or "1g"
        check_choice("memory_limit", memory, _MEMORY)
        minutes = (body.get("expires_after") or {}).get("minutes", _IDLE_MINUTES)
        check_minimum("expires_after.minutes", minutes, 1)
        file_ids, now = body.get("file_ids") or [], self._clock.seconds()
        with self._changed:
            self._files.require(file_ids, "file_ids")
            made = Container(hex_id("cntr"), body["name"], now, now, minutes, memory)
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
        """Copy a file of the account into a container; the copy outlives the original."""
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
            size, now = stored.stat().st_size, self._clock.seconds()
            file = ContainerFile(hex_id("cfile"), container_id, name, size, now, source, stored)
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

    def delete_file(self, container_id: str, file_id: str) -> None:
        """Remove a file from a container."""
        with self._changed:
            self._drop(self.running(container_id), self.file(container_id, file_id), "deleted")

    def _overdue(self, thing: Container, now: float) -> bool:
        return not thing.expired and thing.last_active_at + thing.minutes * 60 <= now

    def _expired(self, thing: Container) -> None:
        self._empty(thing, "expired")
        thing.expired = True
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


@routes.post("")
def create_container() -> Json:
    """Create a container."""
    return provider.containers.create(json_object()).rendered()


@routes.post("/<container_id>/files")
def create_container_file(container_id: str) -> Json:
    """Add a file: bytes in a form, or the id of a file of the account."""
    provider.containers.running(container_id)
    if request.mimetype == "multipart/form-data":
        with uploaded("file") as upload:
            file = provider.containers.take(container_id, upload.path, upload.filename, "user")
            upload.taken = True
        return file.rendered()
    if not (file_id := json_object().get("file_id")):
        raise missing_parameter("file_id")
    return provider.containers.copy_in(container_id, file_id).rendered()


@routes.get("/<container_id>/files")
def list_container_files(container_id: str) -> Json:
    """List a container's files."""
    files = provider.containers.running(container_id).files.values()
    return page([file.rendered() for file in files], request.args)


@routes.get("/<container_id>/files/<file_id>")
def retrieve_container_file(container_id: str, file_id: str) -> Json:
    """Retrieve a container's file."""
    return provider.containers.file(container_id, file_id).rendered()


@routes.delete("/<container_id>/files/<file_id>")
def delete_container_file(container_id: str, file_id: str) -> Json:
    """Delete a container's file."""
    provider.containers.delete_file(container_id, file_id)
    return {"id": file_id, "object": "container.file.deleted", "deleted": True}


@routes.get("/<container_id>/files/<file_id>/content")
def container_file_content(container_id: str, file_id: str) -> Response:
    """Return the bytes of a container's file."""
    file = provider.containers.download(container_id, file_id)
    return sent(file.stored, file.name)
