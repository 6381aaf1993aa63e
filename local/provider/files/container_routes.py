"""The HTTP operations on containers and their files."""

from __future__ import annotations

from flask import Blueprint, Response, request

from local.provider.checks import Json, page
from local.provider.errors import missing_parameter
from local.provider.files.routes import sent
from local.provider.state import provider
from local.provider.web import json_body, uploaded

routes = Blueprint("containers", __name__, url_prefix="/containers")


@routes.post("")
def create_container() -> Json:
    """Create a container."""
    return provider.containers.create(json_body()).rendered()


@routes.get("")
def list_containers() -> Json:
    """List containers."""
    return page([c.rendered() for c in provider.containers.all()], request.args)


@routes.get("/<container_id>")
def retrieve_container(container_id: str) -> Json:
    """Retrieve a container; an expired one says so."""
    return provider.containers.get(container_id).rendered()


@routes.delete("/<container_id>")
def delete_container(container_id: str) -> Json:
    """Delete a container."""
    provider.containers.delete(container_id)
    return {"id": container_id, "object": "container.deleted", "deleted": True}


@routes.post("/<container_id>/files")
def create_container_file(container_id: str) -> Json:
    """Put a file into a container: bytes in a form, or the id of an account's file."""
    provider.containers.running(container_id)
    if request.mimetype == "multipart/form-data":
        with uploaded("file") as upload:
            file = provider.containers.take(container_id, upload.path, upload.filename, "user")
            upload.taken = True
        return file.rendered()
    body = json_body()
    if not body.get("file_id"):
        raise missing_parameter("file_id")
    return provider.containers.add_file(container_id, body["file_id"]).rendered()


@routes.get("/<container_id>/files")
def list_container_files(container_id: str) -> Json:
    """List a container's files."""
    files = list(provider.containers.running(container_id).files.values())
    return page([file.rendered() for file in files], request.args)


@routes.get("/<container_id>/files/<file_id>")
def retrieve_container_file(container_id: str, file_id: str) -> Json:
    """Retrieve a container's file."""
    return provider.containers.file(container_id, file_id).rendered()


@routes.delete("/<container_id>/files/<file_id>")
def delete_container_file(container_id: str, file_id: str) -> Json:
    """Delete a container's file."""
    provider.containers.delete_file(container_id, file_id)
    return {"id": file_id, "object": "container.file.deleted", "deleted": True}


@routes.get("/<container_id>/files/<file_id>/content")
def container_file_content(container_id: str, file_id: str) -> Response:
    """The bytes of a container's file."""
    file = provider.containers.download(container_id, file_id)
    return sent(file.stored, file.name)
