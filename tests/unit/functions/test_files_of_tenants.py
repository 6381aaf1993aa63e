"""All tenants share an account at the provider: each reaches its own files and vector stores."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from understudy.domain.files import File
from understudy.domain.responses import ResponseResult
from understudy.domain.uploads import Upload
from understudy.domain.vector_stores import VectorStore
from understudy.files.provider_ids import with_our_ids
from understudy.services import Services

from functions.files.app import handler
from tests.fakes.provider_files import MemoryAccount
from tests.unit import stage

STRANGERS_KEY = "us-strangers-key"
STORE = "/v1/vector_stores/vs_ours"
BATCH = f"{STORE}/file_batches"

PATHS = [
    ("GET", "/v1/files/file-ours"),
    ("DELETE", "/v1/files/file-ours"),
    ("GET", "/v1/files/file-ours/content"),
    ("GET", "/v1/drops/file-ours"),
    ("POST", "/v1/uploads/upload_ours/cancel"),
    ("POST", "/v1/uploads/upload_ours/complete"),
    ("GET", STORE),
    ("POST", STORE),
    ("DELETE", STORE),
    ("POST", f"{STORE}/search"),
    ("GET", f"{STORE}/files"),
    ("POST", f"{STORE}/files"),
    ("GET", f"{STORE}/files/file-ours"),
    ("DELETE", f"{STORE}/files/file-ours"),
    ("GET", f"{STORE}/files/file-ours/content"),
    ("POST", BATCH),
    ("GET", f"{BATCH}/vsfb_1"),
    ("POST", f"{BATCH}/vsfb_1/cancel"),
    ("GET", f"{BATCH}/vsfb_1/files"),
]
BODIES = {
    "/complete": {"part_ids": ["part_1"]},
    "/search": {"query": "x"},
    "/files": {"file_id": "file-ours"},
    "/file_batches": {"file_ids": ["file-ours"]},
}

Call = Callable[..., tuple[int, Any]]


@pytest.fixture
def account(services: Services) -> MemoryAccount:
    """The provider's account, with a file of each tenant in a vector store of the first one."""
    for tenant, name in (("acme", "ours"), ("other", "theirs")):
        services.files.put_new(
            File(
                id=f"file-{name}",
                tenant=tenant,
                filename="a.csv",
                purpose="assistants",
                bytes=1,
                created_at=0,
                provider_id=f"P-{name}",
                drop_key=f"drop/{tenant}/ada/a.csv",
            )
        )
    services.vector_stores.put(
        VectorStore(id="vs_ours", tenant="acme", created_at=0, provider_id="vs_P")
    )
    services.uploads.put(
        Upload(id="upload_ours", tenant="acme", created_at=0, provider_id="upload_P")
    )
    found = [
        {"id": name, "file_id": name, "object": "vector_store.file", "status": "completed"}
        for name in ("P-ours", "P-theirs", "P-unknown")
    ]
    account = MemoryAccount().serve(services)
    account.stores["vs_P"] = {"id": "vs_P", "data": found, "has_more": False}
    return account


def send(
    services: Services,
    load_event: Callable[[str, str], Any],
    key: str,
    method: str,
    path: str,
    body: Any = None,
) -> tuple[int, Any]:
    """Sends a request with a key; returns status and body."""
    event = load_event("files", "list")
    event |= {"path": path, "httpMethod": method, "multiValueQueryStringParameters": {}}
    event["headers"] = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    event["multiValueHeaders"] = {name: [value] for name, value in event["headers"].items()}
    if method == "POST":
        event["body"] = json.dumps(body or {})
    answer = handler(event, stage.Context(), services)
    return answer["statusCode"], json.loads(answer["body"] or "null")


@pytest.fixture
def call(services: Services, load_event: Callable[[str, str], Any], account: MemoryAccount) -> Call:
    """Sends a request of the tenant that has the objects."""
    stage.put_key(services)
    return partial(send, services, load_event, stage.KEY)


@pytest.fixture
def stranger(call: Call, services: Services, load_event: Callable[[str, str], Any]) -> Call:
    """Sends a request of another tenant."""
    stage.put_key(services, STRANGERS_KEY, tenant="other")
    return partial(send, services, load_event, STRANGERS_KEY)


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_object_of_another_tenant_is_not_found(
    stranger: Call, account: MemoryAccount, method: str, path: str
) -> None:
    """With the text for an unknown object, and without a request to the provider."""
    body = next((each for end, each in BODIES.items() if path.endswith(end)), {})

    status, answer = stranger(method, path, body)

    assert status == 404
    assert answer["error"]["message"].startswith("No ")
    assert account.done == []


@pytest.mark.parametrize("path", ["/v1/files", "/v1/vector_stores"])
def test_lists_hold_the_tenants_objects_only(call: Call, stranger: Call, path: str) -> None:
    ours = [each["id"] for each in call("GET", path)[1]["data"]]
    theirs = [each["id"] for each in stranger("GET", path)[1]["data"]]

    assert ours == ["file-ours" if path == "/v1/files" else "vs_ours"]
    assert theirs == (["file-theirs"] if path == "/v1/files" else [])


@pytest.mark.parametrize("batch_id", ["..", ".", "vsfb_1?limit=1", "vsfb%2e", "vsfb-é", "vs fb"])
def test_batch_id_cannot_lead_to_another_path(
    call: Call, account: MemoryAccount, batch_id: str
) -> None:
    """It is the only id of a request that becomes part of a path at the provider unchanged."""
    for method, end in (("GET", ""), ("POST", "/cancel"), ("GET", "/files")):
        assert call(method, f"{BATCH}/{batch_id}{end}")[0] in (400, 404)

    assert account.done == []


@pytest.mark.parametrize("path", [f"{STORE}/files", BATCH, "/v1/vector_stores"])
def test_file_of_another_tenant_is_not_added_to_a_vector_store(
    call: Call, services: Services, account: MemoryAccount, path: str
) -> None:
    """Nor is its use recorded."""
    body = {"file_id": "file-theirs"} if path.endswith("/files") else {"file_ids": ["file-theirs"]}

    status, answer = call("POST", path, body)

    assert (status, answer["error"]["message"]) == (404, "No such File object: file-theirs")
    assert account.done == []
    theirs = services.files.get("other", "file-theirs")
    assert theirs is not None
    assert theirs.uses == 0


@pytest.mark.parametrize(
    ("method", "path", "field"),
    [
        ("GET", f"{STORE}/files", "id"),
        ("GET", f"{BATCH}/vsfb_1/files", "id"),
        ("POST", f"{STORE}/search", "file_id"),
    ],
)
def test_files_of_another_tenant_are_left_out_of_the_providers_lists(
    call: Call, method: str, path: str, field: str
) -> None:
    """The second wall: whatever the provider returns, another tenant's file is not shown."""
    status, answer = call(method, path, {"query": "x"})

    assert status == 200
    assert [each[field] for each in answer["data"]] == ["file-ours"]


@pytest.mark.usefixtures("account")
def test_citation_of_a_file_of_another_tenant_has_no_id(services: Services) -> None:
    """Nor has one of a file without an owner."""
    cited = [{"type": "file_citation", "file_id": f"P-{name}"} for name in ("ours", "theirs", "x")]
    part = {"type": "output_text", "text": "x", "annotations": cited}
    message = {"type": "message", "role": "assistant", "content": [part]}
    result = ResponseResult(id="resp_1", status="completed", model="m", output=[message])

    shown = with_our_ids(services.files.owners, "acme", result).output[0]["content"][0][
        "annotations"
    ]

    assert [each["file_id"] for each in shown] == ["file-ours", "file-unknown", "file-unknown"]
