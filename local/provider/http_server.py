"""Werkzeug's threaded server with keep-alive connections, which its own handler never offers."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

_DRAIN_LIMIT = 1024 * 1024
_BACKLOG = 512


class _CountedBody(io.RawIOBase):
    """A request body that ends where Content-Length says, and knows what was not read of it."""

    def __init__(self, stream: io.BufferedIOBase, length: int) -> None:
        self._stream = stream
        self.remaining = length

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read(min(len(buffer), self.remaining)) if self.remaining else b""
        self.remaining -= len(data)
        buffer[: len(data)] = data
        return len(data)


class KeepAliveHandler(WSGIRequestHandler):
    """Answers many requests on one connection; closes it when a body was left unread."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024

    def run_wsgi(self) -> None:
        """Run the application for one request and send what it answers."""
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.wfile.flush()
        environ = self.environ = self.make_environ()
        chunked = "wsgi.input_terminated" in environ
        body = _CountedBody(
            self.rfile, 0 if chunked else int(self.headers.get("Content-Length", 0))
        )
        if not chunked:
            environ["wsgi.input"] = io.BufferedReader(body)
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], _: object = None) -> object:
            started[:] = [(status, headers)]
            return self.wfile.write

        content = self.server.app(environ, start_response)  # type: ignore[arg-type]
        try:
            if environ.get("provider.dropped"):
                self.close_connection = True
                return
            self._send(*started[0], content)
        finally:
            if hasattr(content, "close"):
                content.close()
        self._leave_clean(body, chunked)

    def _send(self, status: str, headers: list[tuple[str, str]], content: Iterable[bytes]) -> None:
        code, _, reason = status.partition(" ")
        self.send_response(int(code), reason)
        names = {name.lower() for name, _ in headers}
        for name, value in headers:
            self.send_header(name, value)
        if "content-length" not in names and int(code) not in {204, 304}:
            content = [b"".join(content)]
            self.send_header("Content-Length", str(len(content[0])))
        if self.headers.get("Connection", "").lower() == "close" or "connection" in names:
            self.close_connection = True
        self.end_headers()
        for block in content:
            if self.command != "HEAD":
                self.wfile.write(block)
        self.wfile.flush()

    def _leave_clean(self, body: _CountedBody, chunked: bool) -> None:
        if chunked or body.remaining > _DRAIN_LIMIT:
            self.close_connection = True
        else:
            self.rfile.read(body.remaining)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing: the ledger has it."""


def server_for(app: Flask, host: str, port: int) -> BaseWSGIServer:
    """A server that listens already (port 0: any free one); `serve_forever` makes it answer."""
    server = make_server(host, port, app, threaded=True, request_handler=KeepAliveHandler)
    server.socket.listen(_BACKLOG)
    return server
