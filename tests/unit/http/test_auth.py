"""API keys: in which header, under which path, and what a wrong one costs."""

from typing import Any

import pytest
from understudy.http import auth
from understudy.services import Services

from tests.unit.conftest import StandingClock
from tests.unit.http.caller import Api
from tests.unit.stage import KEY, TENANT, put_key


@pytest.fixture
def keyless(api: Api) -> Api:
    """Returns a client without a key in its Authorization header."""
    return Api(api.services, key=None)


@pytest.mark.parametrize("prefix", ["", "/v1", "/openai", "/openai/v1"])
def test_azure_clients_send_api_key_and_api_version(keyless: Api, prefix: str) -> None:
    """Their paths begin with /openai, and their api-version is ignored."""
    answered = keyless.call(
        "GET", f"{prefix}/assistants", query={"api-version": "2024-05-01-preview"}, api_key=KEY
    )

    assert answered.status == 200


@pytest.mark.parametrize("path", ["/openai/openai/assistants", "/v1/openai/assistants"])
def test_prefix_is_removed_once(api: Api, path: str) -> None:
    assert api.get(path).status == 404


def test_a_wrong_api_key_is_masked(keyless: Api) -> None:
    answered = keyless.call("GET", "/v1/assistants", api_key="us-wrong-key-of-a-client")

    assert answered.status == 401
    assert answered.error["code"] == "invalid_api_key"
    assert "wrong-key" not in answered.text


def test_401_says_where_keys_come_from(keyless: Api) -> None:
    """After OpenAI's text, which clients parse."""
    answered = keyless.get("/v1/assistants")

    text = "You didn't provide an API key. You need to provide your API key in an Authorization"
    assert answered.error["message"].startswith(text)
    assert auth.WHERE_KEYS_COME_FROM in answered.error["message"]


def counted(services: Services, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Returns the digests of the keys that were read from the table."""
    read: list[str] = []
    find = services.api_keys.find

    def counting(digest: str) -> Any:
        read.append(digest)
        return find(digest)

    monkeypatch.setattr(services.api_keys, "find", counting)
    return read


def test_repeated_wrong_key_is_read_once(
    services: Services, clock: StandingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And once more after a short time, in which the key may have been created."""
    read = counted(services, monkeypatch)
    wrong = Api(services, "us-wrong-key")

    assert [wrong.get("/v1/assistants").status for _ in range(20)] == [401] * 20
    assert len(read) == 1

    put_key(services, "us-wrong-key")
    clock.advance(auth.REJECTED_SECONDS)
    assert wrong.get("/v1/assistants").status == 200
    assert len(read) == 2


def test_cache_of_wrong_keys_is_bounded_and_separate(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each wrong key is a hash and a time."""
    monkeypatch.setattr(auth, "MAX_REMEMBERED", 5)
    put_key(services)
    Api(services).get("/v1/models")
    read = counted(services, monkeypatch)

    for number in range(20):
        assert Api(services, f"us-wrong-{number}").get("/v1/models").status == 401
    assert Api(services).get("/v1/models").status == 200

    assert len(read) == 20
    assert len(auth._remembered[services]._rejected) <= 5


def test_revoked_key_is_rejected_after_a_minute(services: Services, clock: StandingClock) -> None:
    """As docs/operations.md says: a warm function remembers a key for that long."""
    put_key(services)
    client = Api(services)
    assert client.get("/v1/assistants").status == 200
    put_key(services, revoked=True)

    clock.advance(60)

    assert client.get("/v1/assistants").status == 401


@pytest.mark.parametrize(
    ("allowed", "tools"),
    [
        (["*"], ["get_table_schema", "query_database"]),
        (["query_database", "unknown"], ["query_database"]),
        ([], []),
    ],
)
def test_run_has_only_the_tools_of_its_key(
    services: Services, allowed: list[str], tools: list[str]
) -> None:
    """The calls of other functions go to the client."""
    put_key(services, server_tools=allowed)
    client = Api(services)
    functions = [
        {"type": "function", "function": {"name": name}}
        for name in ("get_table_schema", "query_database")
    ]
    assistant = client.made(
        "/v1/assistants", {"model": "m", "instructions": "x", "tools": functions}
    )
    thread_id = client.made("/v1/threads")["id"]

    made = client.made(f"/v1/threads/{thread_id}/runs", {"assistant_id": assistant["id"]})

    run = services.runs.get(TENANT, thread_id, made["id"])
    assert run is not None
    assert sorted(run.config.server_tools) == tools
