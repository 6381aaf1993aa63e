"""The HTTP API of files, uploads and vector stores, which passes requests on to the provider."""

from typing import Any

from aws_lambda_powertools.event_handler import Response
from understudy.errors import ProviderError
from understudy.http.app import make_app, serve
from understudy.http.operations.files import OPERATIONS
from understudy.http.provider_errors import provider_error
from understudy.services import Services

from .routes import drops, file_batches, files, store_files, uploads, vector_stores

ROUTES = [
    files.route,
    uploads.route,
    drops.route,
    vector_stores.route,
    store_files.route,
    file_batches.route,
]
app = make_app(OPERATIONS, ROUTES)


@app.exception_handler(ProviderError)  # type: ignore[untyped-decorator]  # Powertools has no types here
def report_provider_error(error: ProviderError) -> Response[str]:
    return provider_error(error)


def handler(
    event: dict[str, Any], context: object, using: Services | None = None
) -> dict[str, Any]:
    """Returns the response to a request; the third argument is for tests."""
    return serve(app, event, context, using)
