"""The routes of an HTTP API and the rule by which one of them gets a request.

The rule is API Gateway's ("Routes for HTTP APIs in API Gateway"): a full match of the path
before one with a greedy variable, then `$default`. Between full matches a literal segment goes
before a variable, and on one path a route for the method goes before ANY.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote

DEFAULT_ROUTE = "$default"
METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
"""The methods that an HTTP API knows, and so what ANY stands for."""

_VARIABLE = re.compile(r"\{([^{}+]+)(\+?)\}")


@dataclass(frozen=True)
class Route:
    """One route of the API."""

    method: str
    """An HTTP method or "ANY"."""
    path: str
    """For example "/v1/threads/{thread_id}" or "$default"."""
    function: str
    """The function behind it, as the integration names it."""
    authorizer: str | None = None

    @property
    def key(self) -> str:
        """The routeKey, for example "GET /v1/{proxy+}"."""
        return DEFAULT_ROUTE if self.path == DEFAULT_ROUTE else f"{self.method} {self.path}"

    def variables_for(self, path: str) -> dict[str, str] | None:
        """The decoded path variables if this route fits the encoded path, else None."""
        template, given = self.path.split("/"), path.split("/")
        variables: dict[str, str] = {}
        for position, segment in enumerate(template):
            variable = _VARIABLE.fullmatch(segment)
            rest = given[position:]
            if variable and variable[2]:
                variables[variable[1]] = unquote("/".join(rest))
                return variables if any(rest) else None
            if not rest or (variable and not rest[0]):
                return None
            if variable:
                variables[variable[1]] = unquote(rest[0])
            elif unquote(rest[0]) != segment:
                return None
        return variables if len(given) == len(template) else None

    @property
    def generality(self) -> tuple[int, ...]:
        """Sorts the most specific route first: 0 literal, 1 variable, 2 greedy, per segment."""
        kinds = (_VARIABLE.fullmatch(segment) for segment in self.path.split("/"))
        ranks = [0 if kind is None else 2 if kind[2] else 1 for kind in kinds]
        greedy = int(2 in ranks)
        return (int(self.path == DEFAULT_ROUTE), greedy, *ranks, 3, int(self.method == "ANY"))


@dataclass(frozen=True)
class Match:
    """The route that gets a request."""

    route: Route
    path_parameters: dict[str, str]


class RouteTable:
    """All routes of one API."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes = tuple(sorted(routes, key=lambda route: route.generality))

    def match(self, method: str, path: str) -> Match | None:
        """The most specific route for a method and an encoded path, None if there is none."""
        for route in self.routes:
            if route.path == DEFAULT_ROUTE:
                return Match(route, {})
            if route.method not in (method, "ANY"):
                continue
            variables = route.variables_for(path)
            if variables is not None:
                return Match(route, variables)
        return None
