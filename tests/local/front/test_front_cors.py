"""Cross-origin requests to an API with a CorsConfiguration."""

import httpx2
import pytest

from tests.local.front.apis import Functions, http_api
from tests.local.front.conftest import Serve

_CORS = {
    "allowOrigins": ["https://app.example", "http://*"],
    "allowMethods": ["GET", "POST"],
    "allowHeaders": ["authorization"],
    "exposeHeaders": ["openai-poll-after-ms"],
    "maxAge": 300,
}


@pytest.fixture
def functions() -> Functions:
    own = {"statusCode": 200, "headers": {"Access-Control-Allow-Origin": "https://own.example"}}
    return Functions(Api=lambda _: own)


@pytest.fixture
def client(serve: Serve, functions: Functions) -> httpx2.Client:
    return serve(http_api({"GET /v1/x": "Api"}, cors=_CORS), functions)[1]


def test_a_preflight_is_answered_without_a_route(
    client: httpx2.Client, functions: Functions
) -> None:
    """The gateway says 204 with the configured headers and asks no function."""
    answer = client.options(
        "/v1/x",
        headers={"origin": "https://app.example", "access-control-request-method": "GET"},
    )

    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "https://app.example"
    assert answer.headers["access-control-allow-methods"] == "GET,POST"
    assert answer.headers["access-control-allow-headers"] == "authorization"
    assert answer.headers["access-control-max-age"] == "300"
    assert functions.events == []


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://app.example", "https://app.example"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("https://evil.example", None),
    ],
)
def test_the_configuration_replaces_the_functions_headers(
    client: httpx2.Client, origin: str, allowed: str | None
) -> None:
    """Only configured origins are named, whatever the function says."""
    answer = client.get("/v1/x", headers={"origin": origin})

    assert answer.headers.get_list("access-control-allow-origin") == ([allowed] if allowed else [])


def test_without_a_configuration_options_is_a_route_like_others(
    serve: Serve, functions: Functions
) -> None:
    """An API without CORS leaves OPTIONS to its routes."""
    _, client = serve(http_api({"GET /v1/x": "Api", "ANY /open": "Api"}), functions)

    assert client.options("/v1/x").status_code == 404
    assert client.options("/open").status_code == 200
