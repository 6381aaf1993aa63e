"""`/`, `/openapi.json`, `/docs` and `/console`, for programs and for people. They need no key."""

from functools import cache

from aws_lambda_powertools.event_handler import Response
from understudy.errors import NotFoundError
from understudy.http.request import Request
from understudy.http.responses import JSON, serialize
from understudy.http.routes import Routes

from ..static_files import StaticFile, static_file, version

route = Routes()

HTML = "text/html; charset=utf-8"
CACHED = {"cache-control": "public, max-age=300"}
CHECKED = {"cache-control": "no-cache"}
"""Browsers ask each time whether the file has changed."""

FOREVER = {"cache-control": "public, max-age=31536000, immutable"}
SAFE = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' blob: data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
}
"""The pages load nothing from other hosts, and run no script of their own text."""

SAFE_LINKS = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
    "frame-ancestors 'none'"
}


@route("getLinks")
def links(request: Request) -> Response[str]:
    return Response(200, HTML, _links(), CACHED | SAFE_LINKS)


@route("getOpenApiDocument")
def openapi(request: Request) -> Response[str]:
    return Response(200, JSON, _document(), dict(CACHED))


@route("getDocumentation")
def docs(request: Request) -> Response[bytes]:
    return _sent(request, _found("docs.html"), CHECKED | SAFE)


@route("getConsole")
def console(request: Request) -> Response[bytes]:
    return _sent(request, _found("index.html"), CHECKED | SAFE)


@route("getConsoleFile")
def console_file(request: Request, release: str, name: str) -> Response[bytes]:
    is_current = release == version()
    return _sent(request, _found(name), FOREVER if is_current else CHECKED)


def _found(name: str) -> StaticFile:
    found = static_file(name)
    if found is None:
        raise NotFoundError(f"There is no file '{name}'.", code="unknown_url")
    return found


def _sent(request: Request, file: StaticFile, headers: dict[str, str]) -> Response[bytes]:
    """Returns the file, compressed if the browser takes that, or 304 if the browser has it."""
    headers = {**headers, "etag": file.etag, "vary": "accept-encoding"}
    given = request.event.headers
    if file.etag in (given.get("if-none-match") or ""):
        return Response(304, file.content_type, b"", headers)
    if "gzip" not in (given.get("accept-encoding") or ""):
        return Response(200, file.content_type, file.body, headers)
    return Response(
        200, file.content_type, file.compressed, {**headers, "content-encoding": "gzip"}
    )


@cache
def _document() -> str:
    # Imported here, because it builds the schemas of all models, which no other request needs.
    from understudy.http.openapi.document import document

    return serialize(document())


@cache
def _links() -> str:
    from understudy.http.openapi.page import links_page

    return links_page()
