"""Cross-origin requests as an HTTP API with a CorsConfiguration answers them.

API Gateway answers preflights by itself, and replaces whatever CORS headers a function sends.
"""

from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from local.front.messages import Request, Response


@dataclass(frozen=True)
class Cors:
    """The CorsConfiguration of an HTTP API."""

    allow_origins: tuple[str, ...] = ()
    allow_methods: tuple[str, ...] = ()
    allow_headers: tuple[str, ...] = ()
    expose_headers: tuple[str, ...] = ()
    allow_credentials: bool = False
    max_age: int | None = None
    """Seconds."""

    @classmethod
    def from_body(cls, settings: dict[str, Any]) -> "Cors":
        """Reads the OpenAPI extension x-amazon-apigateway-cors."""
        return cls(
            allow_origins=tuple(settings.get("allowOrigins", ())),
            allow_methods=tuple(settings.get("allowMethods", ())),
            allow_headers=tuple(settings.get("allowHeaders", ())),
            expose_headers=tuple(settings.get("exposeHeaders", ())),
            allow_credentials=bool(settings.get("allowCredentials", False)),
            max_age=settings.get("maxAge"),
        )

    def preflight(self, request: Request) -> Response | None:
        """The answer to a preflight, None if the request is not one."""
        asked = request.header("access-control-request-method")
        if request.method != "OPTIONS" or asked is None or request.header("origin") is None:
            return None
        headers = self._origin_headers(request)
        if headers:
            headers += [
                ("access-control-allow-methods", ",".join(self.allow_methods)),
                ("access-control-allow-headers", ",".join(self.allow_headers)),
            ]
            if self.max_age is not None:
                headers.append(("access-control-max-age", str(self.max_age)))
        return Response(HTTPStatus.NO_CONTENT, [pair for pair in headers if pair[1]])

    def apply(self, request: Request, response: Response) -> Response:
        """The response with the CORS headers of the configuration in place of its own."""
        kept = [pair for pair in response.headers if not pair[0].startswith("access-control-")]
        return replace(response, headers=[*kept, *self._origin_headers(request)])

    def _origin_headers(self, request: Request) -> list[tuple[str, str]]:
        origin = request.header("origin")
        if origin is None or not self._allows(origin):
            return []
        headers = [("access-control-allow-origin", "*" if "*" in self.allow_origins else origin)]
        if self.allow_credentials:
            headers.append(("access-control-allow-credentials", "true"))
        if self.expose_headers:
            headers.append(("access-control-expose-headers", ",".join(self.expose_headers)))
        return headers

    def _allows(self, origin: str) -> bool:
        schemes = {allowed[:-1] for allowed in self.allow_origins if allowed.endswith("://*")}
        return (
            "*" in self.allow_origins
            or origin in self.allow_origins
            or any(origin.startswith(scheme) for scheme in schemes)
        )
