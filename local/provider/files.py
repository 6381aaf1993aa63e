"""The files of the account. Their bytes are on disk."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Response, request

from local.provider.account import HIDDEN, ApiObject, Objects
from local.provider.checks import Json, check_choice, check_range, page
from local.provider.errors import ApiError, bad_request, missing_parameter
from local.provider.ids import word_id
from local.provider.web import form_fields, object_routes, provider, sent, uploaded

PURPOSES = ["assistants", "batch", "evals", "fine-tune", "user_data", "vision"]
MAX_BYTES = 512 * 1024 * 1024
_DAY = 86_400
_DEFAULT_LIFE = {"batch": 30 * _DAY}
_SHORTEST_LIFE, _LONGEST_LIFE = 3600, 30 * _DAY
_NOT_DOWNLOADABLE = {"assistants"}
_MAX_PAGE = 10_000

routes = object_routes("file", "/files", "files", lists=False)


@dataclass(kw_only=True)
class StoredFile(ApiObject):
    """A file; `path` is where its bytes are."""

    kind = "file"
    bytes: int
    filename: str
    purpose: str
    expires_at: int | None
    status: str = "processed"
    status_details: str | None = None
    path: Path = field(metadata=HIDDEN)


class FileStore(Objects[StoredFile]):
    """Files by id, oldest first."""

    kind = "file"
    missing = "No such File object: {id}"
    param = "id"

    @property
    def folder(self) -> Path:
        """The folder that all stored bytes are in."""
        return self._account.options.folder

    def take(
        self, written: Path, filename: str, purpose: str, expires_after: Mapping[str, Any] | None
    ) -> StoredFile:
        """Make a file of bytes that are in the folder. Raises the API's 400 or 413."""
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
            created_at=created,
            bytes=size,
            filename=filename,
            purpose=purpose,
            expires_at=created + life if life else None,
            path=written,
        )
        return self.add(file, filename=filename, purpose=purpose, bytes=size)

    def require(self, file_ids: list[str], param: str) -> list[StoredFile]:
        """Return the files that a request refers to. Raises a 400 for the first missing one."""
        try:
            return [self.get(file_id) for file_id in file_ids]
        except ApiError as error:
            raise bad_request(error.message, param) from error

    def download(self, file_id: str) -> StoredFile:
        """Return a file for reading. Like OpenAI, refuses files of purpose `assistants`."""
        file = self.get(file_id)
        if file.purpose in _NOT_DOWNLOADABLE:
            raise bad_request(f"Not allowed to download files of purpose: {file.purpose}")
        self._ledger.note("file", file_id, "downloaded", bytes=file.bytes)
        return file

    def _overdue(self, thing: StoredFile, now: float) -> bool:
        return thing.expires_at is not None and thing.expires_at <= now

    def _freed(self, thing: StoredFile) -> None:
        thing.path.unlink(missing_ok=True)


def _life(expires_after: Mapping[str, Any] | None, purpose: str) -> int | None:
    if not expires_after:
        return _DEFAULT_LIFE.get(purpose)
    check_choice("expires_after.anchor", expires_after.get("anchor"), ["created_at"])
    given = str(expires_after.get("seconds") or "")
    if not given.isdigit():
        raise missing_parameter("expires_after.seconds")
    check_range("expires_after.seconds", int(given), _SHORTEST_LIFE)
    check_range("expires_after.seconds", int(given), maximum=_LONGEST_LIFE)
    return int(given)


@routes.post("")
def create_file() -> Json:
    """Upload a file."""
    with uploaded("file") as upload:
        fields = form_fields()
        if "purpose" not in fields:
            raise missing_parameter("purpose")
        file = provider.files.take(
            upload.path, upload.filename, fields["purpose"], fields.get("expires_after")
        )
        upload.taken = True
    return file.rendered()


@routes.get("")
def list_files() -> Json:
    """List files, of one purpose if that is given."""
    purpose = request.args.get("purpose")
    shown = [f.rendered() for f in provider.files.all() if purpose in (None, f.purpose)]
    return page(shown, {"limit": str(_MAX_PAGE), **request.args}, maximum=_MAX_PAGE)


@routes.get("/<file_id>/content")
def file_content(file_id: str) -> Response:
    """Return a file's bytes."""
    file = provider.files.download(file_id)
    return sent(file.path, file.filename)
