"""Creates and continues runs, and streams them: the operations that may answer with a stream."""

from typing import Any

from api.app import app
from understudy.http.app import serve
from understudy.services import Services
from understudy.streaming.runtime import StreamedResponse


def handler(event: dict[str, Any], context: Any, using: Services | None = None) -> StreamedResponse:
    """Returns the response to a request; the third argument is for tests."""
    done = serve(app, event, context, using)
    body = (done.get("body") or "").encode("utf-8", "replace")
    return StreamedResponse(done["statusCode"], done["headers"], [body])
