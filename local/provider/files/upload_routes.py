"""The HTTP operations on uploads."""

from __future__ import annotations

from flask import Blueprint

from local.provider.checks import Json, check_type
from local.provider.errors import missing_parameter
from local.provider.state import provider
from local.provider.web import json_body, uploaded

routes = Blueprint("uploads", __name__)


@routes.post("/uploads")
def create_upload() -> Json:
    """Begin an upload."""
    return provider.uploads.create(json_body()).rendered()


@routes.post("/uploads/<upload_id>/parts")
def add_upload_part(upload_id: str) -> Json:
    """Add a part; its bytes go straight to disk."""
    with uploaded("data") as upload:
        part = provider.uploads.add_part(upload_id, upload.path)
        upload.taken = True
    return part


@routes.post("/uploads/<upload_id>/complete")
def complete_upload(upload_id: str) -> Json:
    """Make a file of the parts."""
    body = json_body()
    if "part_ids" not in body:
        raise missing_parameter("part_ids")
    check_type("part_ids", body["part_ids"], "an array")
    return provider.uploads.complete(upload_id, body["part_ids"], body.get("md5")).rendered()


@routes.post("/uploads/<upload_id>/cancel")
def cancel_upload(upload_id: str) -> Json:
    """Give an upload up."""
    return provider.uploads.cancel(upload_id).rendered()
