"""`/`, `/openapi.json` and `/docs`, for programs and for people. They need no key."""

from functools import cache

from aws_lambda_powertools.event_handler import Response
from understudy.http.request import Request
from understudy.http.responses import JSON, serialize
from understudy.http.routes import Routes

route = Routes()

HTML = "text/html; charset=utf-8"
CACHED = {"cache-control": "public, max-age=300"}
SAFE = {
    "content-security-policy": "default-src 'none'; connect-src 'self'; base-uri 'none'; "
    "style-src 'unsafe-inline'; script-src 'unsafe-inline'; frame-ancestors 'none'"
}
"""The page brings its own style and script and fetches the document; nothing else is loaded."""


@route("getLinks")
def links(request: Request) -> Response[str]:
    return Response(200, HTML, _links(), CACHED | SAFE)


@route("getOpenApiDocument")
def openapi(request: Request) -> Response[str]:
    return Response(200, JSON, _document(), dict(CACHED))


@route("getDocumentation")
def docs(request: Request) -> Response[str]:
    return Response(200, HTML, _page(), CACHED | SAFE)


@cache
def _document() -> str:
    # Imported here, because it builds the schemas of all models, which no other request needs.
    from understudy.http.openapi.document import document

    return serialize(document())


@cache
def _page() -> str:
    from understudy.http.openapi.page import page

    return page()


@cache
def _links() -> str:
    from understudy.http.openapi.page import links_page

    return links_page()
