"""Processing that all requests share, before and after the route function."""

import pytest
from understudy.errors import StorageUnavailableError
from understudy.http import app, request
from understudy.services import Services

from tests.unit.http.caller import Api


@pytest.mark.parametrize("prefix", ["", "/v1"])
def test_routes_are_served_with_and_without_v1(api: Api, prefix: str) -> None:
    """An SDK may be configured with the root as its base URL."""
    answered = api.post(f"{prefix}/threads")

    assert answered.status == 200
    assert answered.body["object"] == "thread"


def test_prefix_v1_is_removed_once(api: Api) -> None:
    """`/v1/v1` is a 404."""
    assert api.post("/v1/v1/threads").status == 404


@pytest.mark.parametrize("path", ["/v1/threads/thread_x", "/v1/nothing/here", "/v1/docs/more"])
def test_request_without_key_is_rejected_before_routing(api: Api, path: str) -> None:
    """A caller without a key does not learn which paths exist."""
    answered = Api(api.services, key=None).get(path)

    assert answered.status == 401
    assert answered.headers["www-authenticate"] == "Bearer"
    assert answered.error["type"] == "invalid_request_error"


def test_unknown_key_is_masked_in_the_error(api: Api) -> None:
    """The text helps to find the wrong key and does not reveal it."""
    answered = Api(api.services, key="us-not-a-key-of-anybody").get("/v1/assistants")

    assert answered.status == 401
    assert answered.error["code"] == "invalid_api_key"
    assert "not-a-key" not in answered.text


def test_unknown_path_is_a_404_that_names_it(api: Api) -> None:
    """The error has OpenAI's text."""
    answered = api.get("/v1/assistants/a/b/c")

    assert answered.status == 404
    assert answered.error["message"] == "Invalid URL (GET /v1/assistants/a/b/c)"


@pytest.mark.parametrize("method", ["PATCH", "HEAD", "OPTIONS", "PUT"])
def test_wrong_method_is_a_405_with_allow_header(api: Api, method: str) -> None:
    """A client can tell a wrong method from a wrong path."""
    answered = api.call(method, "/v1/assistants/asst_1")

    assert answered.status == 405
    assert answered.headers["allow"] == "DELETE, GET, POST"


def test_allow_header_does_not_take_a_fixed_path_for_an_id(api: Api) -> None:
    """`runs` is not the id of a thread."""
    assert api.call("PUT", "/v1/threads/runs").headers["allow"] == "POST"


def test_too_long_path_segment_is_not_found(api: Api) -> None:
    """Keys of the table have a limit, so no table request is sent."""
    answered = api.get("/v1/threads/" + "x" * (app.MAX_SEGMENT + 1))

    assert answered.status == 404


@pytest.mark.parametrize(
    "raw",
    [
        "{",
        "[]",
        "null",
        '{"model": "a", "model": "b"}',
        "\x1e",
        '{"model": NaN}',
        '{"model": 1e999}',
        '{"model": "\\ud800"}',
        '{"model": "a\\u0000b"}',
        "[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_ambiguous_json_is_rejected(api: Api, raw: str | bytes) -> None:
    """It reaches neither the table nor the model."""
    answered = api.call("POST", "/v1/assistants", raw=raw)

    assert answered.status == 400
    assert answered.error["type"] == "invalid_request_error"


def test_wrong_content_type_is_rejected(api: Api) -> None:
    """A form is not read as JSON."""
    answered = api.call("POST", "/v1/threads", raw="a=b", content_type="text/plain")

    assert answered.status == 415


def test_too_large_body_is_rejected(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is in bytes."""
    monkeypatch.setattr(request, "MAX_BODY", 20)

    answered = api.post("/v1/threads", {"metadata": {"a": "ééééééééé"}})

    assert answered.status == 413


def test_every_response_has_openais_headers(api: Api) -> None:
    """Clients log the request id and read the processing time."""
    for answered in (api.get("/v1/assistants"), api.get("/v1/nothing")):
        assert answered.headers["x-request-id"] == "req_1"
        assert answered.headers["openai-version"] == "2020-10-01"
        assert int(answered.headers["openai-processing-ms"]) >= 0


def test_unavailable_table_is_a_503(
    api: Api, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The SDKs retry it."""

    def unreachable(*_: object) -> None:
        raise StorageUnavailableError("throttled at table arn:aws:secret")

    monkeypatch.setattr(type(services.threads), "get", unreachable)

    answered = api.get("/v1/threads/thread_1")

    assert answered.status == 503
    assert answered.headers["retry-after"] == "1"
    assert "arn:aws" not in answered.text


def test_unexpected_error_is_a_500_without_details(
    api: Api, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No detail of the error leaves the account."""

    def broken(*_: object) -> None:
        raise RuntimeError("password is hunter2")

    monkeypatch.setattr(type(services.threads), "get", broken)

    answered = api.get("/v1/threads/thread_1")

    assert answered.status == 500
    assert answered.error["type"] == "server_error"
    assert "hunter2" not in answered.text


@pytest.mark.parametrize("path", ["/v1/docs", "/docs", "/v1/openapi.json", "/openapi.json"])
def test_documentation_needs_no_key(api: Api, path: str) -> None:
    """A browser can open it."""
    assert Api(api.services, key=None).get(path).status == 200


def test_documentation_page_loads_nothing_external(api: Api) -> None:
    """It works on a machine without a network."""
    answered = api.get("/v1/docs")

    assert answered.headers["Content-Type"].startswith("text/html")
    assert "//" not in answered.text.replace("// ", "")
    assert "default-src 'none'" in answered.headers["content-security-policy"]
