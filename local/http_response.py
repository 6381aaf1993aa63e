"""How the local HTTP server writes a WSGI response to a connection that stays open."""

import email.utils
from collections.abc import Iterable
from typing import Any

from werkzeug.serving import WSGIRequestHandler


class ResponseWriter:
    """Sends one response; without a known length, in chunks as the application yields them."""

    def __init__(self, handler: WSGIRequestHandler) -> None:
        self.head_sent = False
        self._handler = handler
        self._status = ""
        self._headers: list[tuple[str, str]] = []
        self._chunked = False

    def start(self, status: str, headers: list[tuple[str, str]], _: object = None) -> Any:
        """WSGI's start_response, without the deprecated function `write`."""
        self._status, self._headers = status, list(headers)

    def send(self, content: Iterable[bytes]) -> None:
        """Sends the head with the first chunk, which may be empty, and flushes after each one."""
        for data in content:
            self._send_head(content)
            self._send_data(data)
            self._handler.wfile.flush()
        self._send_head(content)
        if self._chunked:
            self._handler.wfile.write(b"0\r\n\r\n")
        self._handler.wfile.flush()

    def _send_head(self, content: Iterable[bytes]) -> None:
        if self.head_sent:
            return
        self.head_sent = True
        names = {name.lower() for name, _ in self._headers}
        if "date" not in names:
            self._headers.append(("date", email.utils.formatdate(usegmt=True)))
        if "content-length" not in names and not self._bodiless:
            self._headers.append(self._framing(content))
        if self._handler.close_connection and "connection" not in names:
            self._headers.append(("connection", "close"))
        lines = [f"HTTP/1.1 {self._status}", *(f"{name}: {value}" for name, value in self._headers)]
        head = "\r\n".join([*lines, "", ""])
        self._handler.wfile.write(head.encode("latin-1", "replace"))

    def _framing(self, content: Iterable[bytes]) -> tuple[str, str]:
        """The header that tells the client where the body ends."""
        if isinstance(content, list | tuple):
            return "content-length", str(sum(map(len, content)))
        if self._handler.request_version == "HTTP/1.0":
            self._handler.close_connection = True
            return "connection", "close"
        self._chunked = self._handler.command != "HEAD"
        return "transfer-encoding", "chunked"

    def _send_data(self, data: bytes) -> None:
        if data and self._handler.command != "HEAD" and not self._bodiless:
            self._handler.wfile.write(
                b"%x\r\n%b\r\n" % (len(data), data) if self._chunked else data
            )

    @property
    def _bodiless(self) -> bool:
        return self._status.startswith(("1", "204", "304"))
