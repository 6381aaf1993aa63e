"""The provider's streams of responses, through the real SDK with a scripted transport."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import openai
import pytest
from understudy.adapters.openai.response_streams import OpenAIResponseStreams
from understudy.adapters.openai.responses import OpenAIResponses
from understudy.domain.responses import ResponseRequest
from understudy.errors import ProviderRefusedError, ProviderUnavailableError

CREATED = {"type": "response.created", "sequence_number": 0,
           "response": {"id": "resp_1", "status": "queued", "model": "m"}}  # fmt: skip
DELTA = {"type": "response.output_text.delta", "sequence_number": 1, "delta": "Hi"}


class Body(httpx2.SyncByteStream):
    """A body of events, at whose end an error may be raised."""

    def __init__(self, *events: Any, error: Exception | None = None) -> None:
        self._events, self._error = events, error
        self.is_closed = False

    def __iter__(self) -> Iterator[bytes]:
        for event in self._events:
            yield f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        self.is_closed = True


class Provider:
    """Answers every request with one response, and keeps the requests."""

    def __init__(self, answer: Callable[[], httpx2.Response]) -> None:
        self.requests: list[httpx2.Request] = []
        self._answer = answer
        self.client = openai.OpenAI(
            api_key="sk-1",
            base_url="http://provider.test/v1",
            max_retries=0,
            http_client=httpx2.Client(transport=httpx2.MockTransport(self._respond)),
        )

    def _respond(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        return self._answer()


def streaming(body: Body) -> Provider:
    headers = {"content-type": "text/event-stream"}
    return Provider(lambda: httpx2.Response(200, headers=headers, stream=body))


def test_streamed_request_is_created_with_stream_and_its_connection_closed() -> None:
    """OpenAI streams a background response again only if it was created with `stream`."""
    body = Body(CREATED, DELTA)
    provider = streaming(body)
    request = ResponseRequest(model="m", instructions=None, input=[], stream=True)

    created = OpenAIResponses(lambda: provider.client).create_response(request)

    sent = json.loads(provider.requests[0].content)
    assert (created.id, created.status) == ("resp_1", "queued")
    assert (sent["stream"], sent["background"], sent["store"]) == (True, True, True)
    assert body.is_closed


def test_events_are_requested_after_a_number() -> None:
    provider = streaming(Body(DELTA))

    events = list(OpenAIResponseStreams(lambda: provider.client).events("resp_1", 0))

    assert events == [DELTA]
    assert dict(provider.requests[0].url.params) == {"stream": "true", "starting_after": "0"}


def test_silence_ends_the_events_without_an_error() -> None:
    """A model may think for minutes; the caller opens the stream again."""
    provider = streaming(Body(DELTA, error=httpx2.ReadTimeout("silent")))

    assert list(OpenAIResponseStreams(lambda: provider.client).events("resp_1", -1)) == [DELTA]


def test_broken_connection_is_a_provider_error() -> None:
    provider = streaming(Body(DELTA, error=httpx2.RemoteProtocolError("cut")))
    events = OpenAIResponseStreams(lambda: provider.client).events("resp_1", -1)

    assert next(events) == DELTA
    with pytest.raises(ProviderUnavailableError):
        next(events)


def test_response_that_is_too_old_is_refused() -> None:
    error = {"error": {"message": "more than 5 minutes old", "type": "invalid_request_error"}}
    provider = Provider(lambda: httpx2.Response(400, json=error))

    with pytest.raises(ProviderRefusedError):
        list(OpenAIResponseStreams(lambda: provider.client).events("resp_1", 3))


def test_stream_without_a_response_is_an_error() -> None:
    provider = streaming(Body(DELTA))

    with pytest.raises(ProviderUnavailableError):
        OpenAIResponseStreams(lambda: provider.client).create({"model": "m"})
