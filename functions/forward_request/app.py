"""Forwards requests for chat completions, embeddings, images and more to the model's provider."""

from typing import Any

from aws_lambda_powertools.event_handler import Response
from understudy.errors import ProviderError
from understudy.http.app import make_app, serve
from understudy.http.operations.forwarded import OPERATIONS
from understudy.http.provider_errors import provider_error
from understudy.services import Services
from understudy.streaming.runtime import StreamedResponse

from .routes import route

# The provider decides whether a repeated request is processed twice.
app = make_app(OPERATIONS, [route], idempotent=False)


@app.exception_handler(ProviderError)  # type: ignore[untyped-decorator]  # Powertools has no types here
def report_provider_error(error: ProviderError) -> Response[str]:
    return provider_error(error)


def handler(event: dict[str, Any], context: Any, using: Services | None = None) -> StreamedResponse:
    """Returns the response to a request; the third argument is for tests."""
    streamed: list[Any] = []
    done = serve(app, event, context, using, streamed=streamed)
    text = (done.get("body") or "").encode("utf-8", "replace")
    return StreamedResponse(
        done["statusCode"], done["headers"], streamed[0] if streamed else [text]
    )
