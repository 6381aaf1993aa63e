"""Limits of the SDK's HTTP client: the time for a whole response body, and no redirects."""

import time
from collections.abc import Iterator

import httpx2

from understudy.adapters.openai.sdk import openai

CONNECT_SECONDS = 5.0
SECONDS = 20.0
"""To the first byte of a response, unless a request has its own timeout."""

BODY_SECONDS = 4.0
"""From there to the last byte. The sum of all three is less than a function's 30 s."""


def bounded_client() -> httpx2.Client:
    """Returns an HTTP client for the SDK that follows no redirects and limits the body's time.

    The client's own timeout applies to each read, so a body of one byte a second would take until
    Lambda stops the function. Contents of files are not limited.
    """
    client: httpx2.Client = openai.DefaultHttpxClient(
        follow_redirects=False, event_hooks={"response": [_bound]}
    )
    return client


class BoundedStream(httpx2.SyncByteStream):
    """The body of a response, which fails with a timeout after `seconds`."""

    def __init__(self, stream: httpx2.SyncByteStream, seconds: float) -> None:
        self._stream = stream
        self._until = time.monotonic() + seconds

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._stream:
            if time.monotonic() > self._until:
                raise httpx2.ReadTimeout("the answer trickles in")
            yield piece

    def close(self) -> None:
        self._stream.close()


def _bound(response: httpx2.Response) -> None:
    is_json = response.headers.get("content-type", "").startswith("application/json")
    if is_json and isinstance(response.stream, httpx2.SyncByteStream):
        response.stream = BoundedStream(response.stream, BODY_SECONDS)
