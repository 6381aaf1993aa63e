"""The routes that the template declares, and which of them gets a request.

A REST API chooses the path first: a full match before a greedy variable, a literal segment before a
variable. Then it chooses the method, where ANY stands for those that the path has no route for. A
path without the request's method is an error, also when a less specific path has the method.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from local.aws.deployment import Deployment

METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
"""The methods that a REST API accepts; ANY stands for all of them."""

STAGE = "v1"
"""The stage, which is the first segment of every path."""

_API_TYPE = "AWS::ApiGateway::RestApi"
_GATEWAY_RESPONSES = "x-amazon-apigateway-gateway-responses"
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
    """For example "/threads/{thread_id}"."""
    function: str
    """The logical id of the function behind it."""
    is_streamed: bool = False
    """Whether the response is passed on while the function produces it."""

    @property
    def key(self) -> str:
        """Method and path, for example "GET /{proxy+}"."""
        return f"{self.method} {self.path}"

    def variables_for(self, path: str) -> dict[str, str] | None:
        """Returns the encoded path variables, or None if the encoded path does not fit."""
        template, given = self.path.split("/"), path.split("/")
        variables: dict[str, str] = {}
        for position, segment in enumerate(template):
            variable = _VARIABLE.fullmatch(segment)
            rest = given[position:]
            if variable and variable[2]:
                variables[variable[1]] = "/".join(rest)
                return variables if any(rest) else None
            if not rest or (variable and not rest[0]):
                return None
            if variable:
                variables[variable[1]] = rest[0]
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
    path: str
    """The encoded path without the stage."""
    path_parameters: dict[str, str]


class RouteTable:
    """All routes of one API."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes = tuple(sorted(routes, key=lambda route: route.generality))

    def match(self, method: str, path: str) -> Match | None:
        """Returns the route for a method and an encoded path without the stage, or None."""
        chosen = None
        for route in self.routes:
            if chosen not in (None, route.path):
                continue
            variables = route.variables_for(path)
            if variables is not None:
                chosen = route.path
                if route.method in (method, "ANY"):
                    return Match(route, path, variables)
        return None


def without_stage(path: str) -> str | None:
    """Returns an encoded path without the stage; None for a path of another stage."""
    stage, _, rest = path.removeprefix("/").partition("/")
    return f"/{rest}" if stage == STAGE else None


@dataclass(frozen=True)
class ApiDefinition:
    """The API of a deployment: its ids, its routes and its own error responses."""

    account_id: str
    api_id: str
    routes: RouteTable
    gateway_responses: Mapping[str, Any] = field(default_factory=dict)
    """By the type of the response, such as THROTTLED."""

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
        api_id = deployment.physical_ids.get(name, name)
        return cls(account, api_id, routes, body.get(_GATEWAY_RESPONSES, {}))


def _routes(body: dict[str, Any], deployment: Deployment) -> Iterator[Route]:
    functions = {function.arn: name for name, function in deployment.functions.items()}
    for path, operations in body["paths"].items():
        for method, operation in operations.items():
            if isinstance(operation, dict) and _INTEGRATION in operation:
                integration = operation[_INTEGRATION]
                uri, mode = integration["uri"], integration.get("responseTransferMode")
                arn = _FUNCTION_ARN.search(uri) if isinstance(uri, str) else None
                if arn is None or arn[0] not in functions:
                    raise ApiDefinitionError(f"{uri!r} does not name a function of the template")
                verb = "ANY" if method == _ANY else method.upper()
                yield Route(verb, path, functions[arn[0]], is_streamed=mode == "STREAM")
