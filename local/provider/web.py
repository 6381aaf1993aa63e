"""Reading requests: JSON bodies, and multipart bodies that go to disk as they come in."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from flask import Request, current_app, request

from local.provider.errors import bad_request, missing_parameter


class DiskRequest(Request):
    """A request whose uploaded files are written to the provider's folder, never kept in memory."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        folder: Path = current_app.extensions["provider"].options.folder
        return tempfile.NamedTemporaryFile(dir=folder, prefix="upload-", delete=False)


def json_body() -> Any:
    """The request's JSON. Raises the API's 400 for anything that is not JSON."""
    body = request.get_data(cache=True)
    if not body:
        return {}
    parsed = request.get_json(force=True, silent=True)
    if parsed is None and body.strip() != b"null":
        raise bad_request(
            "We could not parse the JSON body of your request. (HINT: This likely means you "
            "aren't using your HTTP library correctly. The OpenAI API expects a JSON payload, but "
            "what was sent was not valid JSON.)"
        )
    return parsed


def form_fields() -> dict[str, Any]:
    """A form's fields; `expires_after[seconds]` becomes a nested object, as SDKs send them."""
    fields: dict[str, Any] = {}
    for name, value in request.form.items(multi=True):
        head, bracket, inner = name.partition("[")
        if bracket and inner != "]":
            fields.setdefault(head, {})[inner.rstrip("]")] = value
        elif bracket:
            fields.setdefault(head, []).append(value)
        else:
            fields[name] = value
    return fields


@dataclass
class UploadedFile:
    """A file of a multipart body, on disk. Unless it is `taken` it is removed in the end."""

    path: Path
    filename: str
    taken: bool = False


@contextmanager
def uploaded(field: str) -> Iterator[UploadedFile]:
    """The file in a form's field. Raises the API's 400 when there is none."""
    parts = list(request.files.items(multi=True))
    paths = [Path(str(part.stream.name)) for _, part in parts]
    for _, part in parts:
        part.close()
    kept: UploadedFile | None = None
    try:
        for (name, part), path in zip(parts, paths, strict=True):
            if name == field and kept is None:
                kept = UploadedFile(path, part.filename or "upload")
        if kept is None:
            raise missing_parameter(field)
        yield kept
    finally:
        for path in paths:
            if kept is None or not kept.taken or path != kept.path:
                path.unlink(missing_ok=True)
