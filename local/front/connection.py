"""One HTTP/1.1 connection: reads requests, writes answers, stays open in between."""

import email.utils
import time
from dataclasses import replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import IO, TYPE_CHECKING, Any, cast

from werkzeug.serving import DechunkedInput

from local.front.gateway import PAYLOAD_BYTES, Exchange
from local.front.messages import Request, Response, gateway_answer

if TYPE_CHECKING:
    from local.front.server import FrontServer

IDLE_SECONDS = 60.0
"""How long a connection may say nothing, between requests or in the middle of one."""

_DISCARD_BYTES = 64 * 1024 * 1024
"""How much of a refused body is read, so that the client gets to see the refusal."""
_CHUNK_BYTES = 64 * 1024
_BODILESS = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})


class BodyRefusedError(Exception):
    """A body that is not taken; `response` tells the client why."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.response = gateway_answer(status, message)


class Connection(BaseHTTPRequestHandler):
    """Serves one client. http.server parses the head, everything else is done here."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True
    server: "FrontServer"

    def __getattr__(self, name: str) -> Any:
        """Every method comes to one place: the gateway decides which it knows."""
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def handle(self) -> None:
        """Serves requests until one side closes; a client that just leaves is no error."""
        try:
            super().handle()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Says nothing: requests are in the access log."""

    def send_error(self, code: int, *_: object) -> None:
        """Answers a head that http.server cannot parse, in the words of API Gateway."""
        self.close_connection = True
        self._write(gateway_answer(HTTPStatus(code), HTTPStatus(code).phrase), with_body=True)

    def _serve(self) -> None:
        started = time.perf_counter()
        request = Request(
            method=self.command,
            target=self.requestline.split()[1],
            headers=self.headers.items(),
            protocol=self.request_version,
            source_ip=self.client_address[0],
        )
        with self.server.in_flight():
            exchange = self._exchange(request)
            received = self._write(exchange.response, with_body=self.command != "HEAD")
        self.server.log(request, exchange, time.perf_counter() - started, received)

    def _exchange(self, request: Request) -> Exchange:
        gateway = self.server.gateway
        try:
            return gateway.handle(replace(request, body=self._read_body()))
        except BodyRefusedError as refused:
            self.close_connection = True
            return gateway.refuse(request, refused.response)

    def _read_body(self) -> bytes:
        length = self.headers.get("content-length")
        encoding = self.headers.get("transfer-encoding")
        if encoding is not None and (length is not None or encoding.lower() != "chunked"):
            raise BodyRefusedError(HTTPStatus.BAD_REQUEST, "Bad Request")
        if encoding is not None:
            return self._read_chunked()
        if length is None:
            return b""
        if not length.isdecimal():
            raise BodyRefusedError(HTTPStatus.BAD_REQUEST, "Bad Request")
        return self._read_exactly(int(length))

    def _read_exactly(self, length: int) -> bytes:
        if length > PAYLOAD_BYTES:
            left = min(length, _DISCARD_BYTES)
            while left > 0 and (chunk := self.rfile.read(min(left, _CHUNK_BYTES))):
                left -= len(chunk)
            raise BodyRefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Request Entity Too Large")
        body = self.rfile.read(length)
        if len(body) < length:
            raise ConnectionResetError("the client left in the middle of its body")
        return body

    def _read_chunked(self) -> bytes:
        chunks = DechunkedInput(cast(IO[bytes], self.rfile))
        body, size = bytearray(), 0
        try:
            while size <= _DISCARD_BYTES and (chunk := chunks.read(_CHUNK_BYTES)):
                size += len(chunk)
                if size <= PAYLOAD_BYTES:
                    body += chunk
        except (ConnectionError, TimeoutError):
            raise
        except OSError as error:
            raise BodyRefusedError(HTTPStatus.BAD_REQUEST, "Bad Request") from error
        if size > PAYLOAD_BYTES:
            raise BodyRefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Request Entity Too Large")
        return bytes(body)

    def _write(self, response: Response, *, with_body: bool) -> bool:
        """Writes head and body at once; False when the client is not there any more."""
        headers = [*response.headers, ("date", email.utils.formatdate(usegmt=True))]
        if response.status not in _BODILESS:
            headers.append(("content-length", str(len(response.body))))
        if self.close_connection:
            headers.append(("connection", "close"))
        lines = [f"HTTP/1.1 {response.status} {_phrase(response.status)}"]
        lines += [f"{name}: {value}" for name, value in headers]
        head = "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")
        body = response.body if with_body and response.status not in _BODILESS else b""
        try:
            self.wfile.write(head + body)
        except (ConnectionError, TimeoutError):
            self.close_connection = True
            return False
        return True


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
