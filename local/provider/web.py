"""Reading requests, and the routes that all kinds of objects have."""

import mimetypes
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from flask import Blueprint, Request, Response, current_app, request, send_file
from werkzeug.local import LocalProxy

from local.provider.account import ApiObject
from local.provider.checks import Json, check_type, page
from local.provider.errors import bad_request, missing_parameter

if TYPE_CHECKING:
    from local.provider.state import Provider


def _current() -> "Provider":
    return cast("Provider", current_app.extensions["provider"])


provider: "Provider" = LocalProxy(_current)  # type: ignore[assignment]
"""The provider that the current request is for."""


class DiskRequest(Request):
    """A request whose uploaded files are written to the provider's folder as they arrive."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        folder = _current().options.folder
        return tempfile.NamedTemporaryFile(dir=folder, prefix="upload-", delete=False)


def serve(routes: Blueprint, table: Mapping[str, Callable[..., Any]]) -> None:
    """Add routes such as `POST /<store_id>/files`; an API object is returned rendered."""
    for rule, function in table.items():
        method, _, path = rule.partition(" ")
        routes.add_url_rule(path, rule, _rendered(function), methods=[method])


def object_routes(kind: str, url: str, store: str, *, lists: bool = True) -> Blueprint:
    """Return routes that list, retrieve and delete the objects of `provider.{store}`."""

    def objects() -> Any:
        return getattr(_current(), store)

    def deleted(object_id: str) -> Json:
        objects().delete(object_id)
        return {"id": object_id, "object": kind, "deleted": True}

    routes = Blueprint(store, __name__, url_prefix=url)
    serve(
        routes,
        {
            "GET /<object_id>": lambda object_id: objects().get(object_id),
            "DELETE /<object_id>": deleted,
        },
    )
    if lists:
        serve(routes, {"GET ": lambda: listed(objects().all())})
    return routes


def listed(objects: Iterable[ApiObject]) -> Json:
    """Return the page of objects that the request asks for."""
    return page([each.rendered() for each in objects], request.args)


def _rendered(function: Callable[..., Any]) -> Callable[..., Any]:
    def view(**arguments: str) -> Any:
        made = function(**arguments)
        return made.rendered() if isinstance(made, ApiObject) else made

    return view


def json_body() -> Any:
    """Return the request's JSON. Raises the API's 400 if it cannot be parsed."""
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


def json_object() -> Json:
    """Return the request's JSON object. Raises the API's 400 for other JSON."""
    body = json_body()
    check_type("body", body, "an object")
    return cast(Json, body)


def form_fields() -> Json:
    """Return a form's fields; `expires_after[seconds]` becomes a nested object."""
    fields: Json = {}
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
    """A file of a multipart body on disk; it is removed after the request unless `taken`."""

    path: Path
    filename: str
    taken: bool = False


@contextmanager
def uploaded(field: str) -> Iterator[UploadedFile]:
    """Yield the file in a form's field. Raises the API's 400 without one."""
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


def sent(path: Path, filename: str) -> Response:
    """Return a file's bytes, with the content type that its name suggests."""
    kind = mimetypes.guess_type(filename)[0] or "application/octet-stream"
    return send_file(path, mimetype=kind, conditional=False, etag=False)
