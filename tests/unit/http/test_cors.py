"""Requests of browsers from other origins."""

import pytest
from understudy.services import Services
from understudy.settings import read_settings

from tests.unit.http.caller import Api

ORIGIN = "https://chat.example.com"


@pytest.fixture
def open_to_browsers(api: Api, services: Services) -> Services:
    """Returns the services of a deployment that allows one origin."""
    services.settings = services.settings.model_copy(update={"allowed_origins": [ORIGIN]})
    return services


@pytest.mark.usefixtures("open_to_browsers")
def test_preflight_request_needs_no_key(api: Api) -> None:
    """The browser sends the key only with the request that follows."""
    answered = Api(api.services, key=None).call(
        "OPTIONS",
        "/v1/threads",
        origin=ORIGIN,
        access_control_request_method="POST",
        access_control_request_headers="authorization,x-stainless-os",
    )

    assert (answered.status, answered.text) == (204, "")
    assert answered.headers["access-control-allow-origin"] == ORIGIN
    assert "POST" in answered.headers["access-control-allow-methods"]
    assert answered.headers["access-control-allow-headers"] == "authorization,x-stainless-os"


@pytest.mark.usefixtures("open_to_browsers")
@pytest.mark.parametrize(
    ("method", "path", "key"),
    [
        ("GET", "/v1/assistants", True),
        ("GET", "/v1/assistants", False),
        ("GET", "/v1/nothing", True),
        ("PATCH", "/v1/assistants", True),
        ("GET", "/", False),
    ],
)
def test_every_response_to_an_allowed_origin_says_so(
    api: Api, method: str, path: str, key: bool
) -> None:
    """A script could not read an error otherwise."""
    client = api if key else Api(api.services, key=None)

    answered = client.call(method, path, origin=ORIGIN)

    assert answered.headers["access-control-allow-origin"] == ORIGIN
    assert answered.headers["vary"] == "origin"
    assert "x-request-id" in answered.headers["access-control-expose-headers"]


@pytest.mark.usefixtures("open_to_browsers")
@pytest.mark.parametrize("origin", ["https://evil.example.com", "null", ORIGIN + ".evil.com"])
def test_other_origin_gets_no_cors_headers(api: Api, origin: str) -> None:
    answered = api.call("GET", "/v1/assistants", origin=origin)
    asked = api.call("OPTIONS", "/v1/threads", origin=origin, access_control_request_method="POST")

    assert "access-control-allow-origin" not in answered.headers | asked.headers
    assert asked.status == 405


def test_cross_origin_requests_are_off_by_default(api: Api) -> None:
    answered = api.call("GET", "/v1/assistants", origin=ORIGIN)
    asked = Api(api.services, key=None).call(
        "OPTIONS", "/v1/threads", origin=ORIGIN, access_control_request_method="POST"
    )

    names = {name for name in answered.headers | asked.headers if name.startswith("access-")}
    assert names == set()
    assert asked.status == 401


def test_an_asterisk_allows_every_origin(api: Api, services: Services) -> None:
    services.settings = services.settings.model_copy(update={"allowed_origins": ["*"]})

    answered = api.call("GET", "/v1/assistants", origin=ORIGIN)

    assert answered.headers["access-control-allow-origin"] == ORIGIN


def test_origins_are_read_from_one_variable() -> None:
    made = read_settings({"ALLOWED_ORIGINS": f"{ORIGIN}, http://localhost:3000"})

    assert made.allowed_origins == [ORIGIN, "http://localhost:3000"]


def test_root_is_a_page_with_links(api: Api) -> None:
    """Without a key, and below every prefix."""
    for path in ("/", "/v1", "/v1/"):
        answered = Api(api.services, key=None).get(path)

        assert answered.status == 200, path
        assert answered.headers["Content-Type"].startswith("text/html")
        assert 'href="/v1/docs"' in answered.text
