"""Reads an HTTP API out of the transformed template, which holds it as an OpenAPI document."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.aws.deployment import Deployment
from local.front.authorizer import LambdaAuthorizer
from local.front.cors import Cors
from local.front.event import ApiIdentity
from local.front.routes import Route, RouteTable

_ANY = "x-amazon-apigateway-any-method"
_INTEGRATION = "x-amazon-apigateway-integration"
_FUNCTION_ARN = re.compile(r"arn:aws[\w-]*:lambda:[^:]+:(\d+):function:([\w-]+)")


class ApiDefinitionError(ValueError):
    """The template declares an HTTP API that this front cannot serve."""


@dataclass(frozen=True)
class ApiDefinition:
    """One HTTP API: its routes, its authorizers and its CORS rules."""

    identity: ApiIdentity
    routes: RouteTable
    authorizers: Mapping[str, LambdaAuthorizer]
    cors: Cors | None

    @classmethod
    def of(cls, deployment: Deployment) -> "ApiDefinition":
        """The only HTTP API of a deployment.

        Raises ApiDefinitionError when there is none, or more than one, or when something in it
        is not a Lambda proxy integration.
        """
        apis = {
            name: resource["Properties"]
            for name, resource in deployment.resources.items()
            if resource["Type"] == "AWS::ApiGatewayV2::Api"
        }
        if len(apis) != 1:
            raise ApiDefinitionError(f"one HTTP API is served, the template has {len(apis)}")
        [(name, properties)] = apis.items()
        body = properties["Body"]
        authorizers = _authorizers(body, deployment)
        routes = RouteTable(_routes(body, authorizers, deployment))
        account = _account(deployment)
        api_id = deployment.physical_ids.get(name, name)
        cors = body.get("x-amazon-apigateway-cors")
        return cls(
            identity=ApiIdentity(account, api_id),
            routes=routes,
            authorizers=authorizers,
            cors=Cors.from_body(cors) if cors else None,
        )


def _routes(
    body: dict[str, Any], authorizers: Mapping[str, LambdaAuthorizer], deployment: Deployment
) -> list[Route]:
    return [
        Route(
            method="ANY" if method == _ANY else method.upper(),
            path=path,
            function=_function(operation[_INTEGRATION]["uri"], deployment),
            authorizer=_authorizer_of(operation, authorizers),
        )
        for path, operations in body["paths"].items()
        for method, operation in operations.items()
        if isinstance(operation, dict) and _INTEGRATION in operation
    ]


def _authorizer_of(operation: dict[str, Any], authorizers: Mapping[str, Any]) -> str | None:
    named: list[str] = [name for scheme in operation.get("security", []) for name in scheme]
    if named in ([], ["NONE"]):
        return None
    if len(named) > 1 or named[0] not in authorizers:
        raise ApiDefinitionError(f"authorizer {named} is not among {sorted(authorizers)}")
    return named[0]


def _authorizers(body: dict[str, Any], deployment: Deployment) -> dict[str, LambdaAuthorizer]:
    schemes = body.get("components", {}).get("securitySchemes", {})
    found = {}
    for name, scheme in schemes.items():
        settings = scheme["x-amazon-apigateway-authorizer"]
        if "authorizerUri" not in settings:
            raise ApiDefinitionError(f"authorizer {name} is not a Lambda authorizer")
        function = _function(settings["authorizerUri"], deployment)
        region = deployment.functions[function].arn.split(":")[3]
        found[name] = LambdaAuthorizer.from_body(name, function, settings, region)
    return found


def _function(uri: Any, deployment: Deployment) -> str:
    """The logical id of the function in an integration URI."""
    arn = _FUNCTION_ARN.search(uri) if isinstance(uri, str) else None
    if arn is None:
        raise ApiDefinitionError(f"no function ARN in the integration {uri!r}")
    for name, function in deployment.functions.items():
        if function.arn == arn[0]:
            return name
    raise ApiDefinitionError(f"{arn[0]} is not a function of the template")


def _account(deployment: Deployment) -> str:
    return next(iter(deployment.functions.values())).arn.split(":")[4]
