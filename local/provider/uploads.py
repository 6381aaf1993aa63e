"""Uploads in parts: up to 8 GB in parts of up to 64 MB, within an hour."""

import hashlib
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from flask import Blueprint

from local.provider.account import HIDDEN, Account, ApiObject, Objects
from local.provider.checks import Json, check_choice, check_type
from local.provider.errors import bad_request, missing_parameter
from local.provider.files import PURPOSES, FileStore, StoredFile
from local.provider.ids import word_id
from local.provider.web import json_object, provider, serve, uploaded

_LIFE = 3600
_REQUIRED = {
    "bytes": "an integer",
    "filename": "a string",
    "mime_type": "a string",
    "purpose": "a string",
}
_BLOCK = 1024 * 1024

routes = Blueprint("uploads", __name__, url_prefix="/uploads")


@dataclass(kw_only=True)
class Upload(ApiObject):
    """An upload that becomes a file."""

    kind = "upload"
    bytes: int
    filename: str
    purpose: str
    expires_at: int
    status: str = "pending"
    file: StoredFile | None = None
    expires_after: Json | None = field(metadata=HIDDEN)
    parts: dict[str, Path] = field(metadata=HIDDEN, default_factory=dict)

    def rendered(self) -> Json:
        """Return the API object."""
        return {**super().rendered(), "file": self.file.rendered() if self.file else None}


class Uploads(Objects[Upload]):
    """Uploads by id."""

    kind = "upload"
    missing = "No such Upload object: {id}"
    param = "id"

    def __init__(self, account: Account, files: FileStore) -> None:
        super().__init__(account)
        self._files = files

    def create(self, body: Json) -> Upload:
        """Begin an upload. Raises the API's 400."""
        for name, expected in _REQUIRED.items():
            if name not in body:
                raise missing_parameter(name)
            check_type(name, body[name], expected)
        check_choice("purpose", body["purpose"], PURPOSES)
        now = self._clock.seconds()
        upload = Upload(
            id=word_id("upload"),
            created_at=now,
            bytes=body["bytes"],
            filename=body["filename"],
            purpose=body["purpose"],
            expires_at=now + _LIFE,
            expires_after=body.get("expires_after"),
        )
        return self.add(upload, filename=upload.filename)

    def add_part(self, upload_id: str, written: Path) -> Json:
        """Add a part whose bytes are in the folder already."""
        with self._changed:
            part_id = word_id("part")
            self._pending(upload_id).parts[part_id] = written
        return {
            "id": part_id,
            "object": "upload.part",
            "created_at": self._clock.seconds(),
            "upload_id": upload_id,
        }

    def complete(self, upload_id: str, part_ids: list[str], md5: str | None) -> Upload:
        """Join the parts in the given order. Raises a 400 if size or checksum differ."""
        with self._changed:
            upload = self._pending(upload_id)
            unknown = [part_id for part_id in part_ids if part_id not in upload.parts]
            if unknown or not part_ids:
                raise bad_request(f"Invalid part_ids: {unknown}", "part_ids")
            whole, size, digest = self._joined([upload.parts[part_id] for part_id in part_ids])
            if size != upload.bytes or md5 not in (None, digest):
                whole.unlink()
                raise bad_request(
                    f"The uploaded parts have {size} bytes (md5 {digest}); expected "
                    f"{upload.bytes} bytes."
                )
            upload.file = self._files.take(
                whole, upload.filename, upload.purpose, upload.expires_after
            )
            self._close(upload, "completed")
            self._ledger.note("upload", upload_id, "deleted", file_id=upload.file.id)
            return upload

    def cancel(self, upload_id: str) -> Upload:
        """Cancel an upload and remove its parts."""
        with self._changed:
            upload = self._pending(upload_id)
            self._close(upload, "cancelled")
            self._ledger.note("upload", upload_id, "cancelled")
            self._ledger.note("upload", upload_id, "deleted")
            return upload

    def _overdue(self, thing: Upload, now: float) -> bool:
        return thing.status == "pending" and thing.expires_at <= now

    def _expired(self, thing: Upload) -> None:
        self._close(thing, "expired")
        self._ledger.note("upload", thing.id, "expired")

    def _freed(self, thing: Upload) -> None:
        self._close(thing, thing.status)

    def _pending(self, upload_id: str) -> Upload:
        upload = self.get(upload_id)
        if upload.status != "pending":
            raise bad_request(f"Upload {upload_id} is in status '{upload.status}'.")
        return upload

    def _joined(self, parts: list[Path]) -> tuple[Path, int, str]:
        with tempfile.NamedTemporaryFile(dir=self._files.folder, delete=False) as whole:
            for part in parts:
                with part.open("rb") as source:
                    shutil.copyfileobj(source, whole, _BLOCK)
            size = whole.tell()
        with Path(whole.name).open("rb") as source:
            digest = hashlib.file_digest(source, lambda: hashlib.md5(usedforsecurity=False))
        return Path(whole.name), size, digest.hexdigest()

    def _close(self, upload: Upload, status: str) -> None:
        upload.status = status
        for part in upload.parts.values():
            part.unlink(missing_ok=True)
        upload.parts.clear()


def _add_part(upload_id: str) -> Json:
    with uploaded("data") as upload:
        part = provider.uploads.add_part(upload_id, upload.path)
        upload.taken = True
    return part


def _complete(upload_id: str) -> Upload:
    body = json_object()
    check_type("part_ids", body.get("part_ids"), "an array")
    return provider.uploads.complete(upload_id, body["part_ids"], body.get("md5"))


serve(
    routes,
    {
        "POST ": lambda: provider.uploads.create(json_object()),
        "POST /<upload_id>/parts": _add_part,
        "POST /<upload_id>/complete": _complete,
        "POST /<upload_id>/cancel": lambda upload_id: provider.uploads.cancel(upload_id),
    },
)
