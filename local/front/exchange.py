"""One request with its response."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from local.front.event import Request
from local.front.response import Response


@dataclass
class Exchange:
    """One request with its response, as the access log describes them."""

    request: Request
    request_id: str
    started: float
    response: Response = field(default_factory=lambda: Response(HTTPStatus.INTERNAL_SERVER_ERROR))
    route_key: str | None = None
    streamed: Iterator[bytes] | None = None
    """The body of a streamed response."""
    sent: int = 0

    def log_entry(self, received: bool) -> dict[str, Any]:
        """Returns the entry of the access log; `received` says whether the client got it all."""
        return {
            "requestId": self.request_id,
            "requestTime": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "ip": self.request.source_ip,
            "httpMethod": self.request.method,
            "path": self.request.path,
            "routeKey": self.route_key,
            "protocol": self.request.protocol,
            "status": self.response.status,
            "responseLength": self.sent,
            "responseLatency": round((time.perf_counter() - self.started) * 1000, 1),
            "userAgent": self.request.header("user-agent"),
            "error": self.response.problem,
            "clientReceived": received,
        }
