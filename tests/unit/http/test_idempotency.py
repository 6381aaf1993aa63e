"""`Idempotency-Key` on POST requests."""

from typing import Any

import pytest
from understudy.adapters.dynamodb import bodies
from understudy.services import Services

from tests.unit.http.caller import Api

PATH = "/v1/assistants"
BODY = {"model": "gpt-4o", "instructions": "Be brief."}


def records(services: Services) -> list[dict[str, Any]]:
    """Returns the idempotency records in the table, by their keys."""
    from understudy.adapters.aws import client

    scanned = client("dynamodb").scan(TableName=services.settings.table_name)["Items"]
    return [item for item in scanned if item["pk"]["S"].startswith("idempotency#")]


def test_the_same_request_is_processed_once(api: Api) -> None:
    """The second response is the first one, and nothing is created twice."""
    first = api.post(PATH, BODY, idempotency_key="k1")
    second = api.post(PATH, BODY, idempotency_key="k1")

    assert (second.status, second.body) == (200, first.body)
    assert second.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    assert len(api.get(PATH).body["data"]) == 1


def test_a_replayed_run_keeps_its_poll_header(api: Api) -> None:
    """The SDK obeys it."""
    assistant = api.made(PATH, BODY)["id"]
    body = {"assistant_id": assistant}

    first = api.post("/v1/threads/runs", body, idempotency_key="k1")
    second = api.post("/v1/threads/runs", body, idempotency_key="k1")

    assert second.body["id"] == first.body["id"]
    poll = "openai-poll-after-ms"
    assert second.headers[poll] == first.headers[poll]


@pytest.mark.parametrize(
    ("path", "body"), [(PATH, {"model": "other"}), ("/v1/threads", {})], ids=["body", "path"]
)
def test_another_request_with_the_same_key_is_a_conflict(
    api: Api, path: str, body: dict[str, Any]
) -> None:
    """Retrying cannot help, and a header tells the SDKs so."""
    api.post(PATH, BODY, idempotency_key="k1")

    answered = api.post(path, body, idempotency_key="k1")

    assert answered.status == 409
    assert answered.error["code"] == "idempotency_key_reused"
    assert answered.headers["x-should-retry"] == "false"


def test_request_in_progress_is_a_retryable_conflict(
    api: Api, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the first request is in progress, a header tells the SDKs to retry."""
    put = type(services.assistants).put
    during = []

    def slow(self: Any, assistant: Any) -> None:
        during.append(api.post(PATH, BODY, idempotency_key="k1"))
        put(self, assistant)

    monkeypatch.setattr(type(services.assistants), "put", slow)

    first = api.post(PATH, BODY, idempotency_key="k1")

    assert first.status == 200
    assert during[0].status == 409
    assert during[0].error["code"] == "idempotency_key_in_use"
    assert during[0].headers["x-should-retry"] == "true"


def test_a_rejected_request_may_be_corrected_with_the_same_key(api: Api) -> None:
    """Only successes are stored."""
    assert api.post(PATH, {}, idempotency_key="k1").status == 400
    assert api.post("/v1/nowhere", {}, idempotency_key="k1").status == 404

    assert api.post(PATH, BODY, idempotency_key="k1").status == 200


def test_two_tenants_may_use_the_same_key(api: Api, stranger: Api) -> None:
    """Records belong to a tenant."""
    mine = api.post(PATH, BODY, idempotency_key="k1").body
    theirs = stranger.post(PATH, BODY, idempotency_key="k1").body

    assert mine["id"] != theirs["id"]


def test_a_record_is_kept_for_24_hours(api: Api, services: Services) -> None:
    """Then DynamoDB deletes it, and the key may be used again."""
    import time

    before = int(time.time())

    api.post(PATH, BODY, idempotency_key="k1")

    [record] = records(services)
    assert before <= int(record["expires_at"]["N"]) - 24 * 3600 <= time.time()


def test_a_large_response_is_stored_in_the_bucket(
    api: Api, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An item of the table is limited to 400 KB."""
    monkeypatch.setattr(bodies, "LARGE", 1000)
    body = BODY | {"instructions": "x" * 2000}

    first = api.post(PATH, body, idempotency_key="k1")
    second = api.post(PATH, body, idempotency_key="k1")

    assert second.body == first.body
    [record] = records(services)
    assert len(record["data"]["S"]) < 1000


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_an_invalid_key_is_rejected(api: Api, key: str) -> None:
    """1 to 255 characters."""
    assert api.post(PATH, BODY, idempotency_key=key).status == 400


def test_the_header_is_ignored_except_on_posts(api: Api) -> None:
    """Other methods are idempotent anyway."""
    api.call("GET", PATH, idempotency_key="k1")

    assert records(api.services) == []
