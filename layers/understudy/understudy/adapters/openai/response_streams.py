"""The provider's streams of responses: server-sent events of `POST` and `GET /responses`."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from understudy.adapters.openai.client import ClientSource
from understudy.adapters.openai.errors import translated
from understudy.domain.base import Json
from understudy.errors import ProviderUnavailableError

PATH = "/responses"
SILENCE_SECONDS = 30.0
"""A provider that sends nothing for so long is asked again from the newest event."""


class OpenAIResponseStreams:
    """Opens streams of responses. All methods raise the ProviderErrors of `errors.py`."""

    def __init__(self, source: ClientSource) -> None:
        self._source = source

    def create(self, body: Json) -> Json:
        """Creates a response that can be streamed later; returns it as it is at its creation.

        The provider streams a background response again only if it was created with `stream`. The
        connection is closed after the first event: the response goes on in the background.
        """
        with translated(), self._open("POST", PATH, body=body) as events:
            for event in events:
                created = event.get("response")
                if isinstance(created, dict):
                    return created
        raise ProviderUnavailableError("the stream ended without a response", code="malformed")

    def events(self, response_id: str, after: int) -> Iterator[Json]:
        """Yields the events of a response after a number, as the provider writes them.

        -1 starts at the first event. Raises ProviderRefusedError for a response that can no longer
        be streamed: OpenAI streams a response for five minutes after its creation.
        """
        query: dict[str, Any] = {"stream": True}
        if after >= 0:
            query["starting_after"] = after
        with (
            translated(),
            self._open("GET", f"{PATH}/{quote(response_id)}", query=query) as events,
        ):
            yield from events

    def _open(
        self, method: str, path: str, *, body: Json | None = None, query: Json | None = None
    ) -> Any:
        """Returns a context manager of an iterator of events; leaving it closes the connection."""
        from understudy.adapters.openai.sdk import openai

        options = {"params": query or {}, "timeout": SILENCE_SECONDS}
        client, stream_class = self._source(), openai.Stream[object]
        if method == "POST":
            return client.post(
                path, cast_to=object, body=body, options=options, stream=True,
                stream_cls=stream_class,
            )  # fmt: skip
        return client.get(
            path, cast_to=object, options=options, stream=True, stream_cls=stream_class
        )
