"""What the entry point does for every request."""

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


def test_v1_is_taken_off_once(api: Api) -> None:
    """`/v1/v1` is not a prefix."""
    assert api.post("/v1/v1/threads").status == 404


@pytest.mark.parametrize("path", ["/v1/threads/thread_x", "/v1/nothing/here", "/v1/docs/more"])
def test_a_request_without_a_key_is_rejected_before_its_path_is_checked(
    api: Api, path: str
) -> None:
    """A client without a key does not learn which paths exist."""
    answered = Api(api.services, key=None).get(path)

    assert answered.status == 401
    assert answered.headers["www-authenticate"] == "Bearer"
    assert answered.error["type"] == "invalid_request_error"


def test_an_unknown_key_is_masked_in_the_response(api: Api) -> None:
    """The text helps to find the wrong key without showing it."""
    answered = Api(api.services, key="us-not-a-key-of-anybody").get("/v1/assistants")

    assert answered.status == 401
    assert answered.error["code"] == "invalid_api_key"
    assert "not-a-key" not in answered.text


def test_an_unknown_path_is_a_404_that_names_it(api: Api) -> None:
    """The error has OpenAI's text."""
    answered = api.get("/v1/assistants/a/b/c")

    assert answered.status == 404
    assert answered.error["message"] == "Invalid URL (GET /v1/assistants/a/b/c)"


@pytest.mark.parametrize("method", ["PATCH", "HEAD", "OPTIONS", "PUT"])
def test_another_method_is_a_405_with_the_allowed_methods(api: Api, method: str) -> None:
    """A client can tell a wrong method from a wrong path."""
    answered = api.call(method, "/v1/assistants/asst_1")

    assert answered.status == 405
    assert answered.headers["allow"] == "DELETE, GET, POST"


def test_a_literal_segment_wins_over_an_id_in_the_allow_header(api: Api) -> None:
    """`runs` is not the id of a thread that could be read or deleted."""
    assert api.call("PUT", "/v1/threads/runs").headers["allow"] == "POST"


def test_a_segment_that_is_too_long_is_a_404(api: Api) -> None:
    """Keys of the table have a limit, so longer ids are not looked up."""
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
def test_a_body_that_json_parsers_disagree_about_is_rejected(api: Api, raw: str | bytes) -> None:
    """It reaches neither validation nor the table."""
    answered = api.call("POST", "/v1/assistants", raw=raw)

    assert answered.status == 400
    assert answered.error["type"] == "invalid_request_error"


def test_another_content_type_is_rejected(api: Api) -> None:
    """A form is not parsed as JSON."""
    answered = api.call("POST", "/v1/threads", raw="a=b", content_type="text/plain")

    assert answered.status == 415


def test_a_body_that_is_too_large_is_rejected(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is in bytes."""
    monkeypatch.setattr(request, "MAX_BODY", 20)

    answered = api.post("/v1/threads", {"metadata": {"a": "ééééééééé"}})

    assert answered.status == 413


def test_every_response_has_openais_headers(api: Api) -> None:
    """Clients log the request id and the processing time."""
    for answered in (api.get("/v1/assistants"), api.get("/v1/nothing")):
        assert answered.headers["x-request-id"] == "req_1"
        assert answered.headers["openai-version"] == "2020-10-01"
        assert int(answered.headers["openai-processing-ms"]) >= 0


def test_unavailable_storage_is_a_503(
    api: Api, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The SDKs retry."""

    def unreachable(*_: object) -> None:
        raise StorageUnavailableError("throttled at table arn:aws:secret")

    monkeypatch.setattr(type(services.threads), "get", unreachable)

    answered = api.get("/v1/threads/thread_1")

    assert answered.status == 503
    assert answered.headers["retry-after"] == "1"
    assert "arn:aws" not in answered.text


def test_an_unexpected_error_is_a_500_without_details(
    api: Api, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error's message may contain secrets."""

    def broken(*_: object) -> None:
        raise RuntimeError("password is hunter2")

    monkeypatch.setattr(type(services.threads), "get", broken)

    answered = api.get("/v1/threads/thread_1")

    assert answered.status == 500
    assert answered.error["type"] == "server_error"
    assert "hunter2" not in answered.text


@pytest.mark.parametrize("path", ["/v1/docs", "/docs", "/v1/openapi.json", "/openapi.json"])
def test_the_documents_need_no_key(api: Api, path: str) -> None:
    """A browser sends none."""
    assert Api(api.services, key=None).get(path).status == 200


def test_the_page_loads_nothing_external(api: Api) -> None:
    """It works on a machine without a network."""
    answered = api.get("/v1/docs")

    assert answered.headers["Content-Type"].startswith("text/html")
    assert "//" not in answered.text.replace("// ", "")
    assert "default-src 'none'" in answered.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/v1/docs", "/docs", "/v1/openapi.json"])
def test_a_public_path_needs_a_key_for_other_methods(api: Api, path: str) -> None:
    """Only GET is public."""
    assert Api(api.services, key=None).post(path).status == 401
