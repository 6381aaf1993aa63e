"""Files and vector stores of deleted and expired threads over HTTP."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from understudy.domain.files import File
from understudy.files.vector_stores import register_vector_store
from understudy.services import Services

from functions.files.app import handler
from tests.fakes.provider_files import MemoryAccount
from tests.unit import stage
from tests.unit.conftest import StandingClock

Call = Callable[..., dict[str, Any]]


@pytest.fixture
def call(services: Services, load_event: Callable[[str, str], Any]) -> Call:
    """Sends a request to the function."""
    stage.put_key(services)
    MemoryAccount().serve(services)

    def sent(path: str, method: str = "GET") -> dict[str, Any]:
        event = load_event("files", "list")
        event |= {"path": path, "httpMethod": method, "multiValueQueryStringParameters": {}}
        return handler(event, stage.Context(), services)

    return sent


def put_file(services: Services, file_id: str, *holders: str, **fields: Any) -> None:
    """A generated file of the thread, which the holders use."""
    services.objects.put(f"images/acme/{file_id}", b"\x89PNG\r\n\x1a\n", "image/png")
    services.files.put_new(
        File(
            id=file_id,
            tenant="acme",
            filename="chart.png",
            purpose="assistants_output",
            bytes=8,
            content_type="image/png",
            created_at=0,
            object_key=f"images/acme/{file_id}",
            thread_id=stage.THREAD_ID,
        ).model_copy(update=fields)
    )
    for holder in holders:
        services.file_uses.add("acme", holder, {file_id: []})


def test_generated_file_of_deleted_thread_is_not_found(
    services: Services, call: Call, clock: StandingClock
) -> None:
    """Nor listed, before clean_up_thread has removed it."""
    stage.put_thread(services)
    put_file(services, "file-chart", stage.THREAD_ID)
    paths = [f"/v1/files/file-chart{end}" for end in ("", "/content")]
    assert [call(path)["statusCode"] for path in paths] == [200, 200]

    clock.advance(8 * 86_400)

    assert [call(path)["statusCode"] for path in paths] == [404, 404]
    assert call("/v1/files/file-chart", "DELETE")["statusCode"] == 404
    assert json.loads(call("/v1/files")["body"])["data"] == []


def test_file_that_another_thread_uses_stays(
    services: Services, call: Call, clock: StandingClock
) -> None:
    """It is removed with its last use."""
    stage.put_thread(services)
    put_file(services, "file-chart", stage.THREAD_ID, "thread_other")

    clock.advance(8 * 86_400)

    assert call("/v1/files/file-chart")["statusCode"] == 200
    assert len(json.loads(call("/v1/files")["body"])["data"]) == 1


def test_vector_store_of_deleted_thread_is_not_found(
    services: Services, call: Call, clock: StandingClock
) -> None:
    """Its content cannot be searched any more."""
    stage.put_thread(services)
    store = register_vector_store(
        services.vector_stores,
        services.file_uses,
        services.now,
        tenant="acme",
        creation_request={},
        thread_id=stage.THREAD_ID,
    )
    path = f"/v1/vector_stores/{store.id}"
    assert call(path)["statusCode"] == 200

    clock.advance(8 * 86_400)

    assert call(path)["statusCode"] == 404
    assert call(f"{path}/files")["statusCode"] == 404
    assert json.loads(call("/v1/vector_stores")["body"])["data"] == []


def test_content_above_the_response_limit_is_a_link(services: Services, call: Call) -> None:
    """Below it the bytes are returned, because some clients follow no redirect."""
    stage.put_thread(services)
    put_file(services, "file-small", stage.THREAD_ID)
    put_file(services, "file-large", stage.THREAD_ID, bytes=4 * 1024 * 1024 + 1)

    small, large = call("/v1/files/file-small/content"), call("/v1/files/file-large/content")

    assert (small["statusCode"], small["headers"]["Content-Type"]) == (200, "image/png")
    assert small["headers"]["content-disposition"].startswith('inline; filename="chart.png"')
    assert large["statusCode"] == 302
    assert "X-Amz-Signature" in large["headers"]["location"]


def test_missing_object_is_not_found(services: Services, call: Call) -> None:
    """Its owner has deleted it from the bucket."""
    stage.put_thread(services)
    put_file(services, "file-chart", stage.THREAD_ID, object_key="drop/acme/gone.png")

    assert call("/v1/files/file-chart/content")["statusCode"] == 404


def test_each_version_of_a_dropped_object_keeps_its_own_content(
    services: Services, call: Call
) -> None:
    """The key of both versions is the same."""
    client = services.objects._client()
    client.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
    stage.put_thread(services)
    for name in ("old", "new"):
        version = client.put_object(Bucket="bucket", Key="drop/a.csv", Body=name)["VersionId"]
        put_file(
            services,
            f"file-{name}",
            stage.THREAD_ID,
            object_key="drop/a.csv",
            object_version=version,
            filename="a.csv",
        )

    bodies = [call(f"/v1/files/file-{name}/content")["body"] for name in ("old", "new")]

    assert bodies == ["b2xk", "bmV3"]
