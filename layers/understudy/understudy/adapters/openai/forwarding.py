"""Requests that are forwarded to the provider as they are, and its responses as they arrive."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import httpx2

from understudy.adapters.openai.bounds import CONNECT_SECONDS
from understudy.adapters.openai.errors import translated
from understudy.adapters.openai.sdk import openai
from understudy.domain.base import Json

DEFAULT_BASE_URL = "https://api.openai.com/v1"

SILENCE_SECONDS = 285.0
"""API Gateway ends a stream that is silent for five minutes."""

PASSED_ON = ("content-type", "content-disposition")
"""Headers of the provider's response that the client receives."""


@dataclass(frozen=True)
class ForwardedBody:
    """The provider's response to a forwarded request: its body is read once, in pieces."""

    status: int
    headers: dict[str, str]
    pieces: Iterator[bytes]

    @property
    def is_event_stream(self) -> bool:
        return self.headers.get("content-type", "").startswith("text/event-stream")


class ForwardedRequests:
    """Sends requests with the deployment's key. `source` returns the key, and the base URL."""

    def __init__(self, source: Callable[[], tuple[str, str | None]]) -> None:
        self._source = source

    def send(
        self,
        method: str,
        path: str,
        *,
        json: Json | None = None,
        form: tuple[str, bytes] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> ForwardedBody:
        """Returns the provider's response. `form` is a content type and a body.

        Raises the ProviderErrors of `errors.py`. Closing `pieces` closes the connection.
        """
        key, base_url = self._source()
        headers = {"authorization": f"Bearer {key}"}
        content: dict[str, Any] = {}
        if form is not None:
            headers["content-type"], content["content"] = form
        elif json is not None:
            content["json"] = json
        request = self._client.build_request(
            method, (base_url or DEFAULT_BASE_URL).rstrip("/") + path, headers=headers,
            params=query, **content,
        )  # fmt: skip
        with translated(), _as_sdk_errors(request):
            response = self._client.send(request, stream=True)
            if response.status_code >= 400:
                response.read()
                raise openai.APIStatusError("", response=response, body=_error_in(response))
        shown = {name: response.headers[name] for name in PASSED_ON if name in response.headers}
        return ForwardedBody(response.status_code, shown, _pieces(response))

    @cached_property
    def _client(self) -> httpx2.Client:
        timeout = httpx2.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS)
        return httpx2.Client(follow_redirects=False, timeout=timeout)


def _pieces(response: httpx2.Response) -> Iterator[bytes]:
    """Yields the decoded body. Raises ProviderUnavailableError if it breaks off."""
    try:
        with translated(), _as_sdk_errors(response.request):
            yield from response.iter_bytes()
    finally:
        response.close()


def _error_in(response: httpx2.Response) -> Json | None:
    """Returns the `error` of a provider's response, None if it has none."""
    try:
        body = response.json()
    except ValueError:
        return None
    error = body.get("error") if isinstance(body, dict) else None
    return error if isinstance(error, dict) else None


@contextmanager
def _as_sdk_errors(request: httpx2.Request) -> Iterator[None]:
    """Converts the HTTP client's errors to those of the SDK, which `translated` knows."""
    try:
        yield
    except httpx2.TimeoutException as error:
        raise openai.APITimeoutError(request=request) from error
    except httpx2.TransportError as error:
        raise openai.APIConnectionError(request=request) from error
