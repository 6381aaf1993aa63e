"""What the SDK's client leaves open: how long an answer may trickle in, and where a key may go."""

import time
from collections.abc import Iterator

import httpx2

from understudy.adapters.openai.sdk import openai

CONNECT_SECONDS = 5.0
SECONDS = 20.0
"""To the first byte of an answer, where a request says nothing else."""

BODY_SECONDS = 4.0
"""From there to the last byte. All three together are less than a function's 30 s."""


def bounded_client() -> httpx2.Client:
    """An HTTP client for the SDK that follows no redirect and reads no answer for ever.

    A timeout of the client is one for each read, so a byte a second would go on until Lambda ends
    the function. The JSON of an answer has its time; contents of files are as long as they are.
    """
    client: httpx2.Client = openai.DefaultHttpxClient(
        follow_redirects=False, event_hooks={"response": [_bound]}
    )
    return client


class BoundedStream(httpx2.SyncByteStream):
    """The body of an answer, for so many seconds."""

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
