"""Containers of code interpreter: they die, with all their files, after 20 idle minutes."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.provider.checks import Json, check_choice, check_minimum, check_type
from local.provider.clock import Clock
from local.provider.errors import bad_request, missing_parameter, not_found
from local.provider.files.store import FileStore
from local.provider.ids import hex_id
from local.provider.ledger import Ledger

_IDLE_MINUTES = 20
_MEMORY = ["1g", "4g", "16g", "64g"]
_KEPT_EXPIRED = 500


@dataclass(frozen=True)
class ContainerFile:
    """A file in a container. `source` is who put it there: user or assistant."""

    id: str
    container_id: str
    name: str
    size: int
    created_at: int
    source: str
    stored: Path

    def rendered(self) -> Json:
        """The API object."""
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
        """The API object."""
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


class Containers:
    """Containers by id, oldest first."""

    def __init__(
        self, files: FileStore, ledger: Ledger, clock: Clock, changed: threading.Condition
    ) -> None:
        self._files = files
        self._ledger = ledger
        self._clock = clock
        self._changed = changed
        self._containers: dict[str, Container] = {}

    def create(self, body: Any) -> Container:
        """Make a container and put the given files into it."""
        check_type("body", body, "an object")
        if "name" not in body:
            raise missing_parameter("name")
        memory = body.get("memory_limit") or "1g"
        check_choice("memory_limit", memory, _MEMORY)
        minutes = (body.get("expires_after") or {}).get("minutes", _IDLE_MINUTES)
        check_minimum("expires_after.minutes", minutes, 1)
        now = self._clock.seconds()
        container = Container(hex_id("cntr"), body["name"], now, now, minutes, memory)
        with self._changed:
            self._files.require(body.get("file_ids") or [], "file_ids")
            self._containers[container.id] = container
            self._ledger.note("container", container.id, "created", name=container.name)
            for file_id in body.get("file_ids") or []:
                self.add_file(container.id, file_id)
        return container

    def get(self, container_id: str) -> Container:
        """The container, expired or not, or the API's 404. Looking at it keeps it alive."""
        self.expire()
        with self._changed:
            if (container := self._containers.get(container_id)) is None:
                raise not_found(f"Container with id '{container_id}' not found.")
            if not container.expired:
                container.last_active_at = self._clock.seconds()
            return container

    def running(self, container_id: str) -> Container:
        """The container, to be used. Raises 400 `Container is expired.`."""
        container = self.get(container_id)
        if container.expired:
            raise bad_request("Container is expired.")
        return container

    def is_running(self, container_id: str) -> bool:
        """Whether a container can be used; asking does not keep it alive."""
        self.expire()
        with self._changed:
            container = self._containers.get(container_id)
            return container is not None and not container.expired

    def all(self) -> list[Container]:
        """All containers, oldest first."""
        self.expire()
        with self._changed:
            return list(self._containers.values())

    def delete(self, container_id: str) -> None:
        """Remove a container and its files."""
        with self._changed:
            container = self.get(container_id)
            self._empty(container)
            del self._containers[container_id]
            self._ledger.note("container", container_id, "deleted")

    def add_file(self, container_id: str, file_id: str) -> ContainerFile:
        """Put a file of the account into a container; once there it lives on its own."""
        source = self._files.get(file_id)
        stored = self._files.folder / hex_id("cfile")
        os.link(source.path, stored)
        return self.take(container_id, stored, source.filename, "user")

    def write(self, container_id: str, name: str, content: bytes) -> ContainerFile:
        """Leave a file in a container, as code interpreter does."""
        stored = self._files.folder / hex_id("cfile")
        stored.write_bytes(content)
        return self.take(container_id, stored, name, "assistant")

    def take(self, container_id: str, stored: Path, name: str, source: str) -> ContainerFile:
        """Take over bytes that are in the folder; a file of the same name gives way."""
        with self._changed:
            container = self.running(container_id)
            for old in [file for file in container.files.values() if file.name == name]:
                self._remove(container, old, "deleted")
            file = ContainerFile(
                id=hex_id("cfile"),
                container_id=container_id,
                name=name,
                size=stored.stat().st_size,
                created_at=self._clock.seconds(),
                source=source,
                stored=stored,
            )
            container.files[file.id] = file
            self._ledger.note(
                "container.file", file.id, "created", container_id=container_id, name=name
            )
            return file

    def file(self, container_id: str, file_id: str) -> ContainerFile:
        """A file of a running container, or the API's 404."""
        with self._changed:
            container = self.running(container_id)
            if (file := container.files.get(file_id)) is None:
                raise not_found(f"Container file with id '{file_id}' not found.")
            return file

    def download(self, container_id: str, file_id: str) -> ContainerFile:
        """A file of a running container, to be read out."""
        file = self.file(container_id, file_id)
        self._ledger.note("container.file", file_id, "downloaded", container_id=container_id)
        return file

    def delete_file(self, container_id: str, file_id: str) -> None:
        """Remove a file from a container."""
        with self._changed:
            file = self.file(container_id, file_id)
            self._remove(self._containers[container_id], file, "deleted")

    def expire(self) -> None:
        """End the containers that were idle for too long; the oldest of the dead are forgotten."""
        now = self._clock.now()
        with self._changed:
            for container in self._containers.values():
                if (
                    not container.expired
                    and container.last_active_at + container.minutes * 60 <= now
                ):
                    self._empty(container, "expired")
                    container.expired = True
                    self._ledger.note("container", container.id, "expired")
            dead = [c.id for c in self._containers.values() if c.expired]
            for container_id in dead[:-_KEPT_EXPIRED]:
                del self._containers[container_id]

    def clear(self) -> None:
        """Remove all containers."""
        with self._changed:
            for container in self._containers.values():
                self._empty(container)
            self._containers.clear()

    def _empty(self, container: Container, action: str = "deleted") -> None:
        for file in list(container.files.values()):
            self._remove(container, file, action)

    def _remove(self, container: Container, file: ContainerFile, action: str) -> None:
        del container.files[file.id]
        file.stored.unlink(missing_ok=True)
        self._ledger.note("container.file", file.id, action, container_id=container.id)
