"""The server that is left: OpenAI's Assistants protocol, at Azure or anywhere else."""

import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

import httpx2
from understudy.domain.base import Json

from operate.failures import CommandError

PAGE = 100
ATTEMPTS = 6
FIRST_WAIT = 1.0
LONGEST_WAIT = 60.0
RETRIED = frozenset({408, 409, 429, 500, 502, 503, 504})


class SourceError(CommandError):
    """The server cannot be read; the text says what it answered."""


class MissingError(Exception):
    """The server does not have one object, or does not show it; the text says why."""


class Source:
    """Reads from the server, at most `rate` requests a second, and repeats failed requests.

    `key` is sent as `api-key`, `token` as a bearer token; a key without a token is sent as both.
    """

    def __init__(
        self, endpoint: str, *, key: str, token: str = "", query: Mapping[str, str], rate: float
    ) -> None:
        headers = {"authorization": f"Bearer {token or key}"} | ({"api-key": key} if key else {})
        self._http = httpx2.Client(
            base_url=endpoint.rstrip("/"),
            headers={**headers, "openai-beta": "assistants=v2"},
            params=dict(query),
            timeout=60,
            follow_redirects=True,  # the HTTP client drops the key for another host
        )
        self._interval = 1 / rate
        self._next = 0.0
        self._pause = threading.Event()

    def close(self) -> None:
        self._http.close()

    def one(self, path: str) -> Json:
        """Returns an object. Raises MissingError, or SourceError."""
        found: Json = self._get(path).json()
        return found

    def content(self, file_id: str) -> bytes:
        """Returns the content of a file. Raises MissingError if the server does not give it."""
        return self._get(f"/files/{file_id}/content").content

    def all(self, path: str, **query: Any) -> Iterator[Json]:
        """Yields the objects of a list, oldest first unless the server ignores the order."""
        asked = {"limit": PAGE, "order": "asc", **query}
        while True:
            page = self._get(path, asked).json()
            yield from page["data"]
            if not page.get("has_more") or not page["data"]:
                return
            asked["after"] = page.get("last_id") or page["data"][-1]["id"]

    def _get(self, path: str, query: Mapping[str, Any] | None = None) -> httpx2.Response:
        wait = FIRST_WAIT
        for attempt in range(ATTEMPTS):
            self._take_turn()
            try:
                response = self._http.get(path, params=dict(query or {}))
            except httpx2.TransportError as error:
                if attempt == ATTEMPTS - 1:
                    text = f"{self._http.base_url} cannot be reached: {error}"
                    raise SourceError(text) from error
            else:
                if response.is_success:
                    return response
                if response.status_code not in RETRIED or attempt == ATTEMPTS - 1:
                    raise _failure(response)
                wait = _retry_after(response) or wait
            self._pause.wait(min(wait, LONGEST_WAIT))
            wait *= 2
        raise AssertionError("the last attempt returns or raises")

    def _take_turn(self) -> None:
        """Waits until the next request may be sent."""
        now = time.monotonic()
        if self._next > now:
            self._pause.wait(self._next - now)
        self._next = max(self._next, now) + self._interval


def _failure(response: httpx2.Response) -> Exception:
    try:
        text = response.json()["error"]["message"]
    except (ValueError, KeyError, TypeError):
        text = response.reason_phrase
    said = f"HTTP {response.status_code}: {text}"
    if response.status_code in (400, 403, 404):
        return MissingError(said)
    return SourceError(f"{response.request.url.path}: {said}")


def _retry_after(response: httpx2.Response) -> float | None:
    try:
        return float(response.headers["retry-after"])
    except (KeyError, ValueError):
        return None
