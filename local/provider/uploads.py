"""Uploads: files that are sent in parts."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from local.provider.account import HIDDEN, Account, ApiObject, Objects
from local.provider.checks import OBJECT, Json, Parameter
from local.provider.errors import bad_request
from local.provider.files import PURPOSE, FileStore, StoredFile
from local.provider.ids import hex_id, word_id
from local.provider.web import operations, uploaded

_LIFE = 3600
_TEXT = Parameter("a string", required=True)
_NEW_UPLOAD = {
    "bytes": Parameter("an integer", required=True),
    "filename": _TEXT,
    "mime_type": _TEXT,
    "purpose": PURPOSE,
    "expires_after": OBJECT,
}


@dataclass(kw_only=True)
class Upload(ApiObject):
    """An upload that becomes a file; `body` is the request that began it."""

    kind = "upload"
    bytes: int
    filename: str
    purpose: str
    expires_at: int
    status: str = "pending"
    file: StoredFile | None = None
    body: Json = field(metadata=HIDDEN)
    parts: dict[str, Path] = field(metadata=HIDDEN, default_factory=dict)

    def rendered(self) -> Json:
        """Return the API object."""
        return {**super().rendered(), "file": self.file.rendered() if self.file else None}


class Uploads(Objects[Upload]):
    """Uploads by id."""

    missing = "No such Upload object: {id}"
    param = "id"

    def __init__(self, account: Account, files: FileStore) -> None:
        super().__init__(account)
        self._files = files

    def create(self, body: Json) -> Upload:
        """Begin an upload."""
        now = self._clock.now()
        upload = Upload(
            id=word_id("upload"),
            created_at=now,
            bytes=body["bytes"],
            filename=body["filename"],
            purpose=body["purpose"],
            expires_at=now + _LIFE,
            body=body,
        )
        return self.add(upload, filename=upload.filename)

    def add_part(self, upload_id: str) -> Json:
        """Add the part in the request's form."""
        part_id, (path, _) = word_id("part"), uploaded("data")
        with self._changed:
            self._pending(upload_id).parts[part_id] = path
        created = {"created_at": self._clock.now(), "upload_id": upload_id}
        return {"id": part_id, "object": "upload.part", **created}

    def complete(self, upload_id: str, body: Json) -> Upload:
        """Join the parts in the given order. Raises a 400 if the size differs."""
        part_ids = body["part_ids"]
        with self._changed:
            upload = self._pending(upload_id)
            unknown = [part_id for part_id in part_ids if part_id not in upload.parts]
            if unknown or not part_ids:
                raise bad_request(f"Invalid part_ids: {unknown}", "part_ids")
            whole = self._files.folder / hex_id("bytes")
            with whole.open("wb") as joined:
                for part_id in part_ids:
                    with upload.parts[part_id].open("rb") as part:
                        shutil.copyfileobj(part, joined)
            if (size := whole.stat().st_size) != upload.bytes:
                whole.unlink()
                raise bad_request(
                    f"The uploaded parts have {size} bytes; expected {upload.bytes} bytes."
                )
            upload.file = self._files.take(whole, upload.filename, upload.body)
            return self._ended(upload, "completed")

    def cancel(self, upload_id: str) -> Upload:
        """Cancel an upload and remove its parts."""
        with self._changed:
            return self._ended(self._pending(upload_id), "cancelled")

    def _overdue(self, thing: Upload, now: int) -> bool:
        return thing.status == "pending" and thing.expires_at <= now

    def _expired(self, thing: Upload) -> None:
        self._ended(thing, "expired")

    def _freed(self, thing: Upload) -> None:
        for part in thing.parts.values():
            part.unlink(missing_ok=True)
        thing.parts.clear()

    def _pending(self, upload_id: str) -> Upload:
        upload = self.get(upload_id)
        if upload.status != "pending":
            raise bad_request(f"Upload {upload_id} is in status '{upload.status}'.")
        return upload

    def _ended(self, upload: Upload, status: str) -> Upload:
        """Change the status; an upload that has ended can still be read, but is not live."""
        upload.status = status
        self._freed(upload)
        self._ledger.note("upload", upload.id, "deleted", status=status)
        return upload


routes = operations(
    "/uploads",
    lambda provider: provider.uploads,
    {
        "POST ": (Uploads.create, _NEW_UPLOAD),
        "POST /<upload_id>/parts": Uploads.add_part,
        "POST /<upload_id>/complete": (
            Uploads.complete,
            {"part_ids": Parameter("an array", required=True)},
        ),
        "POST /<upload_id>/cancel": Uploads.cancel,
    },
)
