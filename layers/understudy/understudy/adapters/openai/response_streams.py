"""The provider's streams of responses: server-sent events of `POST` and `GET /responses`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from understudy.adapters.openai.bounds import CONNECT_SECONDS, SECONDS
from understudy.adapters.openai.client import ClientSource
from understudy.adapters.openai.errors import translated
from understudy.adapters.openai.sdk import openai
from understudy.adapters.openai.well_formed import well_formed
from understudy.domain.base import Json
from understudy.errors import ProviderUnavailableError

PATH = "/responses"
SILENCE_SECONDS = 30.0
"""After so long without an event the connection may be dead, and the stream is opened again."""


class OpenAIResponseStreams:
    """Opens streams of responses. All methods raise the ProviderErrors of `errors.py`."""

    def __init__(self, source: ClientSource) -> None:
        self._source = source

    def create(self, body: Json) -> Json:
        """Creates a response that can be streamed later; returns it as it is at its creation.

        The provider streams a background response again only if it was created with `stream`. The
        connection is closed after the first event: the response goes on in the background.
        """
        with self._open("POST", PATH, SECONDS, body=body) as events:
            for event in events:
                created = event.get("response")
                if isinstance(created, dict):
                    return created
        raise ProviderUnavailableError("the stream ended without a response", code="malformed")

    def events(self, response_id: str, after: int) -> Iterator[Json]:
        """Yields the events of a response after a number, as the provider writes them.

        -1 starts at the first event. Ends when the provider closes the stream or is silent for
        `SILENCE_SECONDS`, as it is while a model thinks. Raises ProviderRefusedError for a response
        that can no longer be streamed: OpenAI streams a response for five minutes after its
        creation.
        """
        query: dict[str, Any] = {"stream": True}
        if after >= 0:
            query["starting_after"] = after
        path = f"{PATH}/{quote(response_id)}"
        with self._open("GET", path, SILENCE_SECONDS, query=query) as events:
            for event in events:
                if isinstance(event, dict):
                    yield well_formed(event)

    @contextmanager
    def _open(
        self,
        method: str,
        path: str,
        seconds: float,
        *,
        body: Json | None = None,
        query: Json | None = None,
    ) -> Iterator[Iterator[Any]]:
        """Yields an iterator of events; leaving the context closes the connection."""
        timeout = openai.Timeout(seconds, connect=CONNECT_SECONDS)
        options: dict[str, Any] = {
            "cast_to": object,
            "options": {"params": query or {}, "timeout": timeout},
            "stream": True,
            "stream_cls": openai.Stream[object],
        }
        client = self._source()
        with translated():
            if method == "POST":
                stream = client.post(path, body=body, **options)
            else:
                stream = client.get(path, **options)
            with stream as events:
                yield _until_silent(events)


def _until_silent(events: Any) -> Iterator[Any]:
    """Yields the events; a timeout between two events ends them."""
    try:
        yield from events
    except openai.APITimeoutError:
        return
