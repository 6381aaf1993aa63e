"""A Lambda authorizer of an HTTP API: format 2.0, simple responses."""

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

from local.aws.functions import Outcome
from local.front.messages import Request, Response, gateway_answer
from local.front.routes import Match

_DEFAULT_TTL_SECONDS = 300
_CACHE_LIMIT = 10_000


@dataclass(frozen=True)
class Decision:
    """What an authorizer said of one caller."""

    refusal: Response | None
    """The answer for a caller that is not let in; None for one that is."""
    context: Mapping[str, Any] = field(default_factory=dict)
    """Reaches the function as requestContext.authorizer.lambda."""


@dataclass
class LambdaAuthorizer:
    """Asks a function about a caller, and remembers its answer for a while."""

    name: str
    function: str
    identity_sources: tuple[str, ...]
    ttl_seconds: int
    """0 turns the cache off."""
    region: str = "us-east-1"
    clock: Callable[[], float] = time.monotonic
    _answers: dict[tuple[str, ...], tuple[float, Decision]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def from_body(
        cls, name: str, function: str, settings: dict[str, Any], region: str
    ) -> "LambdaAuthorizer":
        """Reads the OpenAPI extension x-amazon-apigateway-authorizer.

        Raises ValueError for what this front cannot do: JWT issuers and IAM policy answers.
        """
        if settings.get("type") != "request" or not settings.get("enableSimpleResponses"):
            raise ValueError(f"authorizer {name}: only Lambda authorizers with simple responses")
        sources = settings.get("identitySource", [])
        listed = sources.split(",") if isinstance(sources, str) else sources
        return cls(
            name=name,
            function=function,
            identity_sources=tuple(source.strip() for source in listed),
            ttl_seconds=int(settings.get("authorizerResultTtlInSeconds", _DEFAULT_TTL_SECONDS)),
            region=region,
        )

    def decide(
        self,
        request: Request,
        match: Match,
        event: dict[str, Any],
        invoke: Callable[[str, bytes], Outcome],
    ) -> Decision:
        """Whether the caller is let in; the function is asked unless the cache knows.

        A missing identity source is a 401 without asking. The cache goes by the values of the
        identity sources alone, so that one answer serves every route, as in API Gateway.
        """
        identity = [self._identity(source, request, match) for source in self.identity_sources]
        if any(not value for value in identity):
            return Decision(gateway_answer(HTTPStatus.UNAUTHORIZED, "Unauthorized"))
        key = tuple(value or "" for value in identity)
        cached = self._remembered(key)
        if cached is not None:
            return cached
        decision, cacheable = _read(invoke(self.function, self._event(event, key)), self.name)
        if cacheable:
            self._remember(key, decision)
        return decision

    def _identity(self, source: str, request: Request, match: Match) -> str | None:
        kind, _, name = source.removeprefix("$").partition(".")
        if source == "$context.routeKey":
            return match.route.key
        if kind == "request" and name.startswith("header."):
            return request.header(name.removeprefix("header."))
        if kind == "request" and name.startswith("querystring."):
            values = parse_qs(request.query).get(name.removeprefix("querystring."))
            return ",".join(values) if values else None
        raise ValueError(f"authorizer {self.name}: identity source {source} is not known here")

    def _event(self, event: dict[str, Any], key: tuple[str, ...]) -> bytes:
        context = event["requestContext"]
        arn = f"arn:aws:execute-api:{self.region}:{context['accountId']}:{context['apiId']}"
        method, path = context["http"]["method"], context["http"]["path"]
        asked = {name: value for name, value in event.items() if name not in _NOT_FOR_AUTHORIZERS}
        asked |= {
            "type": "REQUEST",
            "routeArn": f"{arn}/$default/{method}{path}",
            "identitySource": list(key),
        }
        return json.dumps(asked).encode()

    def _remembered(self, key: tuple[str, ...]) -> Decision | None:
        with self._lock:
            until, decision = self._answers.get(key, (0.0, None))
        return decision if decision is not None and self.clock() < until else None

    def _remember(self, key: tuple[str, ...], decision: Decision) -> None:
        if self.ttl_seconds <= 0 or not self.identity_sources:
            return
        with self._lock:
            if len(self._answers) >= _CACHE_LIMIT:
                self._answers.clear()
            self._answers[key] = (self.clock() + self.ttl_seconds, decision)


_NOT_FOR_AUTHORIZERS = frozenset({"body", "isBase64Encoded"})


def _read(outcome: Outcome, name: str) -> tuple[Decision, bool]:
    """The decision in an authorizer's result, and whether it may be remembered."""
    answer = json.loads(outcome.payload or b"null") if outcome.error is None else None
    if not isinstance(answer, dict) or not isinstance(answer.get("isAuthorized"), bool):
        problem = f"authorizer {name} failed: {outcome.error or 'not a simple response'}"
        status = HTTPStatus.INTERNAL_SERVER_ERROR
        return Decision(gateway_answer(status, "Internal Server Error", problem)), False
    if not answer["isAuthorized"]:
        return Decision(gateway_answer(HTTPStatus.FORBIDDEN, "Forbidden")), True
    return Decision(None, answer.get("context") or {}), True
