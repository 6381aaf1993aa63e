"""`/openapi.json` and `/docs`: what the API is, for programs and for people. No key is needed."""

from functools import cache

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from understudy.http.answers import JSON, serialize

router = Router()

PUBLIC = ("/openapi.json", "/docs")
CACHED = {"cache-control": "public, max-age=300"}
SAFE = {
    "content-security-policy": "default-src 'none'; connect-src 'self'; base-uri 'none'; "
    "style-src 'unsafe-inline'; script-src 'unsafe-inline'; frame-ancestors 'none'"
}
"""The page brings its own style and script and fetches the document; nothing else is loaded."""


@router.get("/openapi.json")
def openapi() -> Response[str]:
    return Response(status_code=200, content_type=JSON, body=_document(), headers=dict(CACHED))


@router.get("/docs")
def docs() -> Response[str]:
    return Response(
        status_code=200,
        content_type="text/html; charset=utf-8",
        body=_page(),
        headers=CACHED | SAFE,
    )


@cache
def _document() -> str:
    # Here, because it makes the schemas of all models, which no other request needs.
    from understudy.http.openapi.document import document

    return serialize(document())


@cache
def _page() -> str:
    from understudy.http.openapi.page import page

    return page()
