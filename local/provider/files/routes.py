"""The HTTP operations on files."""

from __future__ import annotations

import mimetypes
from pathlib import Path

from flask import Blueprint, Response, request, send_file

from local.provider.checks import Json, page
from local.provider.errors import missing_parameter
from local.provider.state import provider
from local.provider.web import form_fields, uploaded

routes = Blueprint("files", __name__)

_MAX_PAGE = 10_000


@routes.post("/files")
def create_file() -> Json:
    """Upload a file; its bytes go straight to disk."""
    with uploaded("file") as upload:
        fields = form_fields()
        if "purpose" not in fields:
            raise missing_parameter("purpose")
        file = provider.files.add(
            upload.path, upload.filename, fields["purpose"], fields.get("expires_after")
        )
        upload.taken = True
    return file.rendered()


@routes.get("/files")
def list_files() -> Json:
    """List files, of one purpose if that is given."""
    purpose = request.args.get("purpose")
    shown = [f.rendered() for f in provider.files.all() if purpose in (None, f.purpose)]
    return page(shown, {"limit": str(_MAX_PAGE), **request.args}, maximum=_MAX_PAGE)


@routes.get("/files/<file_id>")
def retrieve_file(file_id: str) -> Json:
    """Retrieve a file's object."""
    return provider.files.get(file_id).rendered()


@routes.delete("/files/<file_id>")
def delete_file(file_id: str) -> Json:
    """Delete a file."""
    provider.files.delete(file_id)
    return {"id": file_id, "object": "file", "deleted": True}


@routes.get("/files/<file_id>/content")
def file_content(file_id: str) -> Response:
    """A file's bytes."""
    file = provider.files.download(file_id)
    return sent(file.path, file.filename)


def sent(path: Path, filename: str) -> Response:
    """Bytes from disk, with the content type that the name suggests."""
    kind = mimetypes.guess_type(filename)[0] or "application/octet-stream"
    return send_file(path, mimetype=kind, conditional=False, etag=False)
