"""Creates and continues runs, and streams them: the operations that may answer with a stream."""

from typing import Any

from api.app import app
from understudy.http.app import serve
from understudy.services import Services, services
from understudy.streaming.runtime import StreamedResponse
from understudy.streaming.start import EVENT_STREAM, StreamStart

from .view import frames


def handler(event: dict[str, Any], context: Any, using: Services | None = None) -> StreamedResponse:
    """Returns the response to a request; the third argument is for tests.

    Errors before a stream starts are the same responses as without `stream`.
    """
    chosen = using or services()
    done = serve(app, event, context, chosen, can_stream=True)
    status, headers, body = done["statusCode"], done["headers"], done.get("body") or ""
    if not _content_type(headers).startswith(EVENT_STREAM):
        return StreamedResponse(status, headers, [body.encode("utf-8", "replace")])
    start = StreamStart.model_validate_json(body)
    return StreamedResponse(status, headers, frames(chosen, start, context))


def _content_type(headers: dict[str, str]) -> str:
    return next((value for name, value in headers.items() if name.lower() == "content-type"), "")
