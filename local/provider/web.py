"""Tables of the API's operations, and how their requests are read and their results rendered."""

import mimetypes
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from flask import Blueprint, Response, current_app, request, send_file

from local.provider.account import ApiObject, Objects
from local.provider.checks import Json, Parameter, Parameters, check
from local.provider.errors import bad_request, missing_parameter
from local.provider.ids import hex_id

if TYPE_CHECKING:
    from local.provider.state import Provider

Operations = Mapping[str, Callable[..., Any] | tuple[Callable[..., Any], Parameters]]
"""Functions by method and path, such as `POST /<store_id>/files`.

A function gets the ids in its path by name. With a table of parameters, it also gets the checked
`body`. It returns an API object, a list of which one page is sent, or what Flask takes.
"""

_LIMIT = Parameter("an integer", least=1, most=10_000)
_ORDER = Parameter("a string", choices=("asc", "desc"))
_DEFAULT_LIMIT = 20


def operations(url: str, of: "Callable[[Provider], Any]", table: Operations) -> Blueprint:
    """Return routes that call the functions with what `of` returns of the request's provider."""
    routes = Blueprint(url.replace("/", "_"), __name__, url_prefix=url)
    for rule, entry in table.items():
        method, _, path = rule.partition(" ")
        function, parameters = entry if isinstance(entry, tuple) else (entry, None)
        routes.add_url_rule(path, rule, _view(of, function, parameters), methods=[method])
    return routes


def on_objects(store: type[Objects[Any]]) -> Operations:
    """Return the operations that list, retrieve and delete the objects of a store."""
    return {"GET ": store.all, "GET /<object_id>": store.get, "DELETE /<object_id>": store.delete}


def _view(
    of: "Callable[[Provider], Any]", function: Callable[..., Any], parameters: Parameters | None
) -> Callable[..., Any]:
    def view(**arguments: Any) -> Any:
        if parameters is not None:
            arguments["body"] = _json_body()
            check(arguments["body"], parameters)
        made = function(of(current_app.extensions["provider"]), **arguments)
        if isinstance(made, list):
            return page(made)
        return made.rendered() if isinstance(made, ApiObject) else made

    return view


def page(objects: list[Any]) -> Json:
    """Return the page that the request asks for, of objects that are given oldest first."""
    items = [each.rendered() if isinstance(each, ApiObject) else each for each in objects]
    limit = request.args.get("limit", _DEFAULT_LIMIT, int)
    _LIMIT.check("limit", limit)
    order = request.args.get("order", "desc")
    _ORDER.check("order", order)
    ordered = items if order == "asc" else items[::-1]
    ids = [item["id"] for item in ordered]
    if (after := request.args.get("after")) in ids:
        ordered = ordered[ids.index(after) + 1 :]
    elif (before := request.args.get("before")) in ids:
        ordered = ordered[: ids.index(before)][-limit:]
    shown = ordered[:limit]
    return {
        "object": "list",
        "data": shown,
        "first_id": shown[0]["id"] if shown else None,
        "last_id": shown[-1]["id"] if shown else None,
        "has_more": len(ordered) > limit,
    }


def _json_body() -> Any:
    """Return the request's JSON. Raises the API's 400 if it cannot be parsed."""
    body = request.get_data(cache=True)
    parsed = request.get_json(force=True, silent=True) if body else {}
    if parsed is None and body.strip() != b"null":
        raise bad_request(
            "We could not parse the JSON body of your request. (HINT: This likely means you "
            "aren't using your HTTP library correctly. The OpenAI API expects a JSON payload, but "
            "what was sent was not valid JSON.)"
        )
    return parsed


def form_fields() -> Json:
    """Return a form's fields; `expires_after[seconds]` becomes a nested object."""
    fields: Json = {}
    for name, value in request.form.items():
        head, bracket, inner = name.partition("[")
        if bracket:
            fields.setdefault(head, {})[inner.rstrip("]")] = value
        else:
            fields[name] = value
    return fields


def uploaded(field: str) -> tuple[Path, str]:
    """Write the file in a form's field to the provider's folder; return its path and its name.

    Raises the API's 400 without a file.
    """
    part = request.files.get(field)
    if part is None:
        raise missing_parameter(field)
    path = cast("Provider", current_app.extensions["provider"]).folder / hex_id("bytes")
    part.save(path)
    return path, part.filename or "upload"


def sent(path: Path, filename: str) -> Response:
    """Return a file's bytes, with the content type that its name suggests."""
    kind = mimetypes.guess_type(filename)[0] or "application/octet-stream"
    return send_file(path, mimetype=kind, conditional=False, etag=False)
