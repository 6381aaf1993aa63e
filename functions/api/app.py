"""The HTTP API: every request of a client on assistants, threads, messages, runs and run steps."""

from typing import Any

from understudy.http.frame import make_app, serve
from understudy.services import Services

from .routes import assistants, documents, messages, models, run_steps, runs, threads, tools, usage

app = make_app(
    [
        assistants.router,
        threads.router,
        messages.router,
        runs.router,
        run_steps.router,
        tools.router,
        models.router,
        usage.router,
        documents.router,
    ],
    public=documents.PUBLIC,
)


def handler(
    event: dict[str, Any], context: object, using: Services | None = None
) -> dict[str, Any]:
    """Answers one request; the third argument is for tests."""
    return serve(app, event, context, using)
