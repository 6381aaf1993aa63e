"""Uploads in parts: up to 8 GB in pieces of up to 64 MB, within an hour."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.provider.checks import Json, check_choice, check_type
from local.provider.clock import Clock
from local.provider.errors import bad_request, missing_parameter, not_found
from local.provider.files.store import PURPOSES, FileStore, StoredFile
from local.provider.ids import word_id
from local.provider.ledger import Ledger

_LIFE = 3600
_REQUIRED = {
    "bytes": "an integer",
    "filename": "a string",
    "mime_type": "a string",
    "purpose": "a string",
}


@dataclass
class Upload:
    """An upload on its way to become a file."""

    id: str
    body: Json
    created_at: int
    status: str = "pending"
    parts: dict[str, Path] = field(default_factory=dict)
    file: StoredFile | None = None

    @property
    def expires_at(self) -> int:
        """When it is given up."""
        return self.created_at + _LIFE

    def rendered(self) -> Json:
        """The API object."""
        return {
            "id": self.id,
            "object": "upload",
            "bytes": self.body["bytes"],
            "created_at": self.created_at,
            "expires_at": self.expires_at,
            "filename": self.body["filename"],
            "purpose": self.body["purpose"],
            "status": self.status,
            "file": self.file.rendered() if self.file else None,
        }


class Uploads:
    """Uploads by id."""

    def __init__(
        self, files: FileStore, ledger: Ledger, clock: Clock, changed: threading.Condition
    ) -> None:
        self._files = files
        self._ledger = ledger
        self._clock = clock
        self._changed = changed
        self._uploads: dict[str, Upload] = {}

    def create(self, body: Any) -> Upload:
        """Begin an upload."""
        check_type("body", body, "an object")
        for name, expected in _REQUIRED.items():
            if name not in body:
                raise missing_parameter(name)
            check_type(name, body[name], expected)
        check_choice("purpose", body["purpose"], PURPOSES)
        upload = Upload(word_id("upload"), body, self._clock.seconds())
        with self._changed:
            self._uploads[upload.id] = upload
            self._ledger.note("upload", upload.id, "created", filename=body["filename"])
        return upload

    def add_part(self, upload_id: str, written: Path) -> Json:
        """Take over one part's bytes, which are in the folder already."""
        with self._changed:
            upload = self._pending(upload_id)
            part_id = word_id("part")
            upload.parts[part_id] = written
        return {
            "id": part_id,
            "object": "upload.part",
            "created_at": self._clock.seconds(),
            "upload_id": upload_id,
        }

    def complete(self, upload_id: str, part_ids: list[str], md5: str | None) -> Upload:
        """Put the parts together in the given order. Raises a 400 when the bytes do not add up."""
        with self._changed:
            upload = self._pending(upload_id)
            unknown = [part_id for part_id in part_ids if part_id not in upload.parts]
            if unknown or not part_ids:
                raise bad_request(f"Invalid part_ids: {unknown}", "part_ids")
            whole, size, digest = self._joined([upload.parts[part_id] for part_id in part_ids])
            if size != upload.body["bytes"] or md5 not in (None, digest):
                whole.unlink()
                raise bad_request(
                    f"The uploaded parts have {size} bytes (md5 {digest}); expected "
                    f"{upload.body['bytes']} bytes."
                )
            body = upload.body
            upload.file = self._files.add(
                whole, body["filename"], body["purpose"], body.get("expires_after")
            )
            self._close(upload, "completed")
            self._ledger.note("upload", upload_id, "deleted", file_id=upload.file.id)
            return upload

    def cancel(self, upload_id: str) -> Upload:
        """Give an upload up."""
        with self._changed:
            upload = self._pending(upload_id)
            self._close(upload, "cancelled")
            self._ledger.note("upload", upload_id, "cancelled")
            self._ledger.note("upload", upload_id, "deleted")
            return upload

    def expire(self) -> None:
        """Give up the uploads whose hour is over."""
        with self._changed:
            for upload in self._uploads.values():
                if upload.status == "pending" and upload.expires_at <= self._clock.now():
                    self._close(upload, "expired")
                    self._ledger.note("upload", upload.id, "expired")

    def clear(self) -> None:
        """Forget all uploads and their parts."""
        with self._changed:
            for upload in self._uploads.values():
                self._close(upload, upload.status)
            self._uploads.clear()

    def _pending(self, upload_id: str) -> Upload:
        self.expire()
        upload = self._uploads.get(upload_id)
        if upload is None:
            raise not_found(f"No such Upload object: {upload_id}", "id")
        if upload.status != "pending":
            raise bad_request(f"Upload {upload_id} is in status '{upload.status}'.")
        return upload

    def _joined(self, parts: list[Path]) -> tuple[Path, int, str]:
        digest = hashlib.md5(usedforsecurity=False)
        with tempfile.NamedTemporaryFile(dir=self._files.folder, delete=False) as whole:
            for part in parts:
                with part.open("rb") as source:
                    shutil.copyfileobj(source, whole, 1024 * 1024)
            size = whole.tell()
        with Path(whole.name).open("rb") as source:
            for block in iter(lambda: source.read(1024 * 1024), b""):
                digest.update(block)
        return Path(whole.name), size, digest.hexdigest()

    def _close(self, upload: Upload, status: str) -> None:
        upload.status = status
        for part in upload.parts.values():
            part.unlink(missing_ok=True)
        upload.parts.clear()
