"""The HTTP API of files, uploads and vector stores: what reaches the provider at once."""

from typing import Any

from aws_lambda_powertools.event_handler import Response
from understudy.errors import ProviderError
from understudy.http.frame import make_app, serve
from understudy.http.provider_answers import answer_to
from understudy.services import Services

from .routes import file_batches, files, store_files, uploads, vector_stores

app = make_app(
    [
        files.router,
        uploads.router,
        vector_stores.router,
        store_files.router,
        file_batches.router,
    ]
)


@app.exception_handler(ProviderError)  # type: ignore[untyped-decorator]  # Powertools has no types here
def provider_failed(error: ProviderError) -> Response[str]:
    """What the provider says no to is the client's affair, what it fails at is not."""
    return answer_to(error)


def handler(
    event: dict[str, Any], context: object, using: Services | None = None
) -> dict[str, Any]:
    """Answers one request; the third argument is for tests."""
    return serve(app, event, context, using)
