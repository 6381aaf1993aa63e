"""A Lambda authorizer in front of the routes."""

from typing import Any

import httpx2
import pytest

from local.front import ApiDefinition, ApiDefinitionError
from tests.local.front.apis import Functions, http_api, uri
from tests.local.front.conftest import Serve

_SETTINGS = {
    "type": "request",
    "authorizerUri": uri("Authorize"),
    "authorizerResultTtlInSeconds": 60,
    "identitySource": ["$request.header.Authorization"],
    "enableSimpleResponses": True,
    "authorizerPayloadFormatVersion": "2.0",
}


def _let_in(event: dict[str, Any]) -> dict[str, Any]:
    [token] = event["identitySource"]
    if token == "Bearer broken":
        raise ValueError("no table")
    return {"isAuthorized": token == "Bearer good", "context": {"tenant": "acme"}}


def _tenant(event: dict[str, Any]) -> dict[str, Any]:
    return {"tenant": event["requestContext"].get("authorizer", {}).get("lambda")}


@pytest.fixture
def functions() -> Functions:
    return Functions(Authorize=_let_in, Api=_tenant)


@pytest.fixture
def client(serve: Serve, functions: Functions) -> httpx2.Client:
    routes = {"ANY /v1/{proxy+}": "Api", "GET /health": "Api"}
    deployment = http_api(routes, authorizer=_SETTINGS, open_routes=("GET /health",))
    return serve(deployment, functions)[1]


def _get(client: httpx2.Client, token: str, path: str = "/v1/x") -> httpx2.Response:
    return client.get(path, headers={"authorization": token})


def test_a_caller_that_is_let_in_brings_its_context(client: httpx2.Client) -> None:
    """The function sees the authorizer's context."""
    answer = _get(client, "Bearer good")

    assert answer.json() == {"tenant": {"tenant": "acme"}}


def test_a_caller_that_is_refused_gets_403(client: httpx2.Client, functions: Functions) -> None:
    """isAuthorized false ends the request before the function."""
    answer = _get(client, "Bearer bad")

    assert (answer.status_code, answer.json()) == (403, {"message": "Forbidden"})
    assert [name for name, _ in functions.events] == ["Authorize"]


def test_without_identity_nobody_is_asked(client: httpx2.Client, functions: Functions) -> None:
    """A missing Authorization header is a 401, and no function runs."""
    answer = client.get("/v1/x")

    assert (answer.status_code, answer.json()) == (401, {"message": "Unauthorized"})
    assert functions.events == []


def test_an_answer_is_remembered_for_all_routes(
    client: httpx2.Client, functions: Functions
) -> None:
    """Within the TTL one identity is looked up once."""
    for path in ("/v1/x", "/v1/y", "/v1/x"):
        assert _get(client, "Bearer good", path).status_code == 200

    assert [name for name, _ in functions.events].count("Authorize") == 1


def test_after_the_ttl_the_authorizer_is_asked_again(serve: Serve, functions: Functions) -> None:
    """A remembered answer ends with its TTL, so that a revoked key stops working."""
    now = [100.0]
    definition = ApiDefinition.of(http_api({"GET /v1/x": "Api"}, authorizer=_SETTINGS))
    definition.authorizers["Key"].clock = lambda: now[0]
    _, client = serve(definition, functions)

    for seconds in (100.0, 159.0, 161.0):
        now[0] = seconds
        _get(client, "Bearer good")

    assert [name for name, _ in functions.events].count("Authorize") == 2


def test_a_failing_authorizer_is_a_500_and_not_remembered(
    client: httpx2.Client, functions: Functions
) -> None:
    """An error says nothing about the caller, so the next request asks again."""
    answers = [_get(client, "Bearer broken") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [500, 500]
    assert [name for name, _ in functions.events] == ["Authorize", "Authorize"]


def test_a_route_can_be_open(client: httpx2.Client) -> None:
    """Auth NONE on a route leaves the authorizer out."""
    answer = client.get("/health")

    assert (answer.status_code, answer.json()) == (200, {"tenant": None})


def test_the_authorizer_sees_the_request_without_its_body(
    client: httpx2.Client, functions: Functions
) -> None:
    """The event is of type REQUEST with the route's ARN, and holds no body."""
    client.post("/v1/x?a=1", headers={"authorization": "Bearer good"}, json={"secret": 1})

    event = functions.events[0][1]
    assert event["type"] == "REQUEST"
    assert event["routeArn"] == (
        "arn:aws:execute-api:us-east-1:123456789012:a1b2c3/$default/POST/v1/x"
    )
    assert event["queryStringParameters"] == {"a": "1"}
    assert "body" not in event


def test_a_jwt_authorizer_is_refused_at_the_start() -> None:
    """What the front cannot check must not be served as if it had been checked."""
    jwt = {"type": "jwt", "jwtConfiguration": {"issuer": "https://idp"}}

    with pytest.raises(ApiDefinitionError, match="Key is not a Lambda authorizer"):
        ApiDefinition.of(http_api({"GET /v1/x": "Api"}, authorizer=jwt))
