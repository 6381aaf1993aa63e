"""The files of the account. Their bytes are on disk."""

from dataclasses import dataclass, field
from pathlib import Path

from flask import Response, request

from local.provider.account import HIDDEN, ApiObject, Objects
from local.provider.checks import OBJECT, Json, Parameter, check
from local.provider.errors import ApiError, bad_request
from local.provider.ids import word_id
from local.provider.web import form_fields, on_objects, operations, sent, uploaded

PURPOSE = Parameter(
    "a string",
    required=True,
    choices=("assistants", "batch", "evals", "fine-tune", "user_data", "vision"),
)
_NEW_FILE = {"purpose": PURPOSE, "expires_after": OBJECT}
_LIFE = Parameter("an integer", least=3600, most=30 * 86_400)
_NOT_DOWNLOADABLE = {"assistants"}


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

    missing = "No such File object: {id}"
    deleted_kind = "file"
    param = "id"

    @property
    def folder(self) -> Path:
        """The folder that all stored bytes are in."""
        return self._account.folder

    def upload(self) -> StoredFile:
        """Create a file from the request's form. Raises the API's 400."""
        body = form_fields()
        check(body, _NEW_FILE)
        return self.take(*uploaded("file"), body)

    def take(self, written: Path, filename: str, body: Json) -> StoredFile:
        """Make a file of bytes that are in the folder. Raises the API's 400 for an empty file."""
        size, created = written.stat().st_size, self._clock.now()
        if size == 0:
            raise bad_request("File is empty.", "file")
        life = None
        if seconds := (body.get("expires_after") or {}).get("seconds"):
            life = int(seconds)
            _LIFE.check("expires_after.seconds", life)
        file = StoredFile(
            id=word_id("file", "-"),
            created_at=created,
            bytes=size,
            filename=filename,
            purpose=body["purpose"],
            expires_at=created + life if life else None,
            path=written,
        )
        return self.add(file, filename=filename, purpose=file.purpose, bytes=size)

    def of_purpose(self) -> list[StoredFile]:
        """Return all files, of one purpose if the request names one."""
        purpose = request.args.get("purpose")
        return [file for file in self.all() if purpose in (None, file.purpose)]

    def require(self, file_ids: list[str], param: str) -> list[StoredFile]:
        """Return the files that a request refers to. Raises a 400 for the first missing one."""
        try:
            return [self.get(file_id) for file_id in file_ids]
        except ApiError as error:
            raise bad_request(error.message, param) from error

    def content(self, file_id: str) -> Response:
        """Return a file's bytes. Like OpenAI, refuses files of purpose `assistants`."""
        file = self.get(file_id)
        if file.purpose in _NOT_DOWNLOADABLE:
            raise bad_request(f"Not allowed to download files of purpose: {file.purpose}")
        self._ledger.note("file", file_id, "downloaded", bytes=file.bytes)
        return sent(file.path, file.filename)

    def _overdue(self, thing: StoredFile, now: int) -> bool:
        return thing.expires_at is not None and thing.expires_at <= now

    def _freed(self, thing: StoredFile) -> None:
        thing.path.unlink(missing_ok=True)


routes = operations(
    "/files",
    lambda provider: provider.files,
    {
        **on_objects(FileStore),
        "GET ": FileStore.of_purpose,
        "POST ": FileStore.upload,
        "GET /<file_id>/content": FileStore.content,
    },
)
