"""The routes that the template declares, and which of them gets a request.

API Gateway prefers a full match of the path to one with a greedy variable, a literal segment to a
variable, and, on the same path, a route for the method to ANY ("Routes for HTTP APIs").
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from local.aws.deployment import Deployment

METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
"""The methods that an HTTP API accepts; ANY stands for all of them."""

_API_TYPE = "AWS::ApiGatewayV2::Api"
_ANY = "x-amazon-apigateway-any-method"
_INTEGRATION = "x-amazon-apigateway-integration"
_FUNCTION_ARN = re.compile(r"arn:aws[\w-]*:lambda:[^:]+:(\d+):function:([\w-]+)")
_VARIABLE = re.compile(r"\{([^{}+]+)(\+?)\}")


class ApiDefinitionError(ValueError):
    """The template declares an API that cannot be served locally."""


@dataclass(frozen=True)
class Route:
    """One route of the API."""

    method: str
    """An HTTP method or "ANY"."""
    path: str
    """For example "/v1/threads/{thread_id}"."""
    function: str
    """The logical id of the function behind it."""

    @property
    def key(self) -> str:
        """API Gateway's routeKey, for example "GET /v1/{proxy+}"."""
        return f"{self.method} {self.path}"

    def variables_for(self, path: str) -> dict[str, str] | None:
        """Returns the decoded path variables, or None if the encoded path does not fit."""
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
        return (int(2 in ranks), *ranks, 3, int(self.method == "ANY"))


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
        """Returns the most specific route for a method and an encoded path, or None."""
        for route in self.routes:
            if route.method in (method, "ANY"):
                variables = route.variables_for(path)
                if variables is not None:
                    return Match(route, variables)
        return None


@dataclass(frozen=True)
class ApiDefinition:
    """The API of a deployment: who it is, and its routes."""

    account_id: str
    api_id: str
    routes: RouteTable

    @classmethod
    def of(cls, deployment: Deployment) -> "ApiDefinition":
        """Reads the API from the OpenAPI document in the transformed template.

        Raises ApiDefinitionError unless the template has exactly one API and each of its
        integrations is a function of the template.
        """
        apis = {
            name: resource["Properties"]["Body"]
            for name, resource in deployment.resources.items()
            if resource["Type"] == _API_TYPE
        }
        if len(apis) != 1:
            raise ApiDefinitionError(f"the template has {len(apis)} APIs; one can be served")
        [(name, body)] = apis.items()
        account = next(iter(deployment.functions.values())).arn.split(":")[4]
        routes = RouteTable(_routes(body, deployment))
        return cls(account, deployment.physical_ids.get(name, name), routes)


def _routes(body: dict[str, Any], deployment: Deployment) -> Iterator[Route]:
    functions = {function.arn: name for name, function in deployment.functions.items()}
    for path, operations in body["paths"].items():
        for method, operation in operations.items():
            if isinstance(operation, dict) and _INTEGRATION in operation:
                uri = operation[_INTEGRATION]["uri"]
                arn = _FUNCTION_ARN.search(uri) if isinstance(uri, str) else None
                if arn is None or arn[0] not in functions:
                    raise ApiDefinitionError(f"{uri!r} does not name a function of the template")
                verb = "ANY" if method == _ANY else method.upper()
                yield Route(verb, path, functions[arn[0]])
