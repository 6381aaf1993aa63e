"""One HTTP request and one HTTP answer, as the parts of the front pass them on."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus


@dataclass(frozen=True)
class Request:
    """A request as it came over the wire."""

    method: str
    target: str
    """Path and query, still percent-encoded."""
    headers: Sequence[tuple[str, str]] = ()
    """In the order and the spelling of the client."""
    body: bytes = b""
    protocol: str = "HTTP/1.1"
    source_ip: str = "127.0.0.1"

    @property
    def path(self) -> str:
        """The path, still percent-encoded."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """The query string, still percent-encoded, without the question mark."""
        return self.target.partition("?")[2]

    def header(self, name: str) -> str | None:
        """All values of one header joined by commas, None where it was not sent."""
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        return ",".join(values) if values else None


@dataclass(frozen=True)
class Response:
    """An answer before it is written to the wire."""

    status: int
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""
    problem: str | None = field(default=None, compare=False)
    """Why the gateway answered in place of the function, for the access log only."""


def gateway_answer(status: HTTPStatus, message: str, problem: str | None = None) -> Response:
    """The JSON answer of API Gateway itself, for example 404 {"message":"Not Found"}."""
    body = json.dumps({"message": message}, separators=(",", ":")).encode()
    return Response(status, [("content-type", "application/json")], body, problem or message)
