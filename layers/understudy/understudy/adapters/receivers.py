"""Calls the webhooks of applications with the standard library: no redirects, no proxies."""

import ssl
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import SplitResult, urlsplit

from understudy.errors import NotDeliveredError

SECONDS = 10
"""For the connection and each part of the response; the function's timeout limits the whole."""


class HttpReceivers:
    """The webhooks of applications."""

    def deliver(self, url: str, headers: Mapping[str, str], body: bytes) -> None:
        """Posts the body once. Raises NotDeliveredError unless the response has a 2xx status."""
        parts = urlsplit(url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection = _connection(parts)
        try:
            connection.request("POST", target, body, dict(headers))
            status = connection.getresponse().status  # the body is ignored
        except (OSError, HTTPException) as error:
            raise NotDeliveredError(type(error).__name__) from error
        finally:
            connection.close()
        if not 200 <= status < 300:
            raise NotDeliveredError(f"HTTP {status}")


def _connection(parts: SplitResult) -> HTTPConnection:
    host = parts.hostname or ""
    if parts.scheme == "https":
        context = ssl.create_default_context()
        return HTTPSConnection(host, parts.port, timeout=SECONDS, context=context)
    return HTTPConnection(host, parts.port, timeout=SECONDS)
