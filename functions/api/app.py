"""The HTTP API of assistants, threads, messages, runs and run steps."""

from typing import Any

from understudy.http.app import make_app, serve
from understudy.http.operations.conversations import OPERATIONS
from understudy.services import Services

from .routes import (
    assistants,
    documents,
    messages,
    models,
    run_steps,
    runs,
    streams,
    threads,
    timelines,
    tools,
    usage,
)

ROUTES = [
    assistants.route,
    threads.route,
    messages.route,
    runs.route,
    streams.route,
    run_steps.route,
    timelines.route,
    tools.route,
    models.route,
    usage.route,
    documents.route,
]
app = make_app(OPERATIONS, ROUTES)


def handler(
    event: dict[str, Any], context: object, using: Services | None = None
) -> dict[str, Any]:
    """Returns the response to a request; the third argument is for tests."""
    return serve(app, event, context, using)
