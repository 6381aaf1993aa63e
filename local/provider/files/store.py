"""The files of the account."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.provider.checks import Json, check_choice, check_maximum, check_minimum
from local.provider.clock import Clock
from local.provider.errors import ApiError, bad_request, missing_parameter, not_found
from local.provider.ids import word_id
from local.provider.ledger import Ledger

PURPOSES = ["assistants", "batch", "evals", "fine-tune", "user_data", "vision"]
MAX_BYTES = 512 * 1024 * 1024
_DAY = 86_400
_DEFAULT_LIFE = {"batch": 30 * _DAY}
_SHORTEST_LIFE, _LONGEST_LIFE = 3600, 30 * _DAY
_NOT_DOWNLOADABLE = {"assistants"}


@dataclass(frozen=True)
class StoredFile:
    """A file: its object's fields, and where its bytes are."""

    id: str
    filename: str
    purpose: str
    size: int
    created_at: int
    expires_at: int | None
    path: Path

    def rendered(self) -> Json:
        """The API object."""
        return {
            "id": self.id,
            "object": "file",
            "bytes": self.size,
            "created_at": self.created_at,
            "expires_at": self.expires_at,
            "filename": self.filename,
            "purpose": self.purpose,
            "status": "processed",
            "status_details": None,
        }


class FileStore:
    """Files by id, oldest first. Each owns one file in `folder`."""

    def __init__(
        self, folder: Path, ledger: Ledger, clock: Clock, changed: threading.Condition
    ) -> None:
        self.folder = folder
        self._ledger = ledger
        self._clock = clock
        self._changed = changed
        self._files: dict[str, StoredFile] = {}

    def add(
        self, written: Path, filename: str, purpose: str, expires_after: Mapping[str, Any] | None
    ) -> StoredFile:
        """Take over bytes that are already in the folder. Raises the API's 400 or 413."""
        check_choice("purpose", purpose, PURPOSES)
        size = written.stat().st_size
        if size > MAX_BYTES:
            raise ApiError(413, f"Maximum content size limit ({MAX_BYTES}) exceeded", param="file")
        if size == 0:
            raise bad_request("File is empty.", "file")
        created = self._clock.seconds()
        life = _life(expires_after, purpose)
        file = StoredFile(
            id=word_id("file", "-"),
            filename=filename,
            purpose=purpose,
            size=size,
            created_at=created,
            expires_at=created + life if life else None,
            path=written,
        )
        with self._changed:
            self._files[file.id] = file
            self._ledger.note(
                "file", file.id, "created", filename=filename, purpose=purpose, bytes=size
            )
        return file

    def get(self, file_id: str) -> StoredFile:
        """The file, or the API's 404."""
        self.expire()
        with self._changed:
            if (file := self._files.get(file_id)) is not None:
                return file
        raise not_found(f"No such File object: {file_id}", "id")

    def require(self, file_ids: list[str], param: str) -> list[StoredFile]:
        """The files that a request refers to. Raises a 400 that names the first that is missing."""
        try:
            return [self.get(file_id) for file_id in file_ids]
        except ApiError as error:
            raise bad_request(error.message, param) from error

    def find(self, file_id: str) -> StoredFile | None:
        """The file, if it exists."""
        with self._changed:
            return self._files.get(file_id)

    def all(self) -> list[StoredFile]:
        """All files, oldest first."""
        self.expire()
        with self._changed:
            return list(self._files.values())

    def download(self, file_id: str) -> StoredFile:
        """The file, to be read out. Inputs of purpose `assistants` are refused, as OpenAI does."""
        file = self.get(file_id)
        if file.purpose in _NOT_DOWNLOADABLE:
            raise bad_request(f"Not allowed to download files of purpose: {file.purpose}")
        self._ledger.note("file", file_id, "downloaded", bytes=file.size)
        return file

    def delete(self, file_id: str) -> None:
        """Remove a file, or raise the API's 404."""
        self._remove(self.get(file_id), "deleted")

    def expire(self) -> None:
        """Remove the files whose time is over."""
        now = self._clock.now()
        with self._changed:
            over = [f for f in self._files.values() if f.expires_at and f.expires_at <= now]
            for file in over:
                self._remove(file, "expired")

    def clear(self) -> None:
        """Remove all files."""
        with self._changed:
            for file in self._files.values():
                file.path.unlink(missing_ok=True)
            self._files.clear()

    def _remove(self, file: StoredFile, action: str) -> None:
        with self._changed:
            if self._files.pop(file.id, None) is not None:
                file.path.unlink(missing_ok=True)
                self._ledger.note("file", file.id, action)


def _life(expires_after: Mapping[str, Any] | None, purpose: str) -> int | None:
    if not expires_after:
        return _DEFAULT_LIFE.get(purpose)
    check_choice("expires_after.anchor", expires_after.get("anchor"), ["created_at"])
    given = str(expires_after.get("seconds") or "")
    if not given.isdigit():
        raise missing_parameter("expires_after.seconds")
    check_minimum("expires_after.seconds", int(given), _SHORTEST_LIFE)
    check_maximum("expires_after.seconds", int(given), _LONGEST_LIFE)
    return int(given)
