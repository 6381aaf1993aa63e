"""The function of the files API, without a server."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from understudy.errors import (
    ProviderKeyError,
    ProviderRateLimitedError,
    ProviderRefusedError,
    ProviderUnavailableError,
)
from understudy.services import Services

from functions.files.app import handler
from tests.fakes.provider_files import MemoryAccount
from tests.unit import stage

Call = Callable[..., dict[str, Any]]


@pytest.fixture
def account(services: Services) -> MemoryAccount:
    stage.put_key(services)
    return MemoryAccount().serve(services)


@pytest.fixture
def call(services: Services, load_event: Callable[[str, str], Any]) -> Call:
    """Invokes the function with a sample event, with another path if given."""

    def answered(case: str, **changes: Any) -> dict[str, Any]:
        event = load_event("files", case)
        if path := changes.pop("path", None):
            event["path"] = path
        return handler(event | changes, stage.Context(), services)

    return answered


def test_upload_is_stored_at_provider_bucket_and_table(account: MemoryAccount, call: Call) -> None:
    """Under one file id."""
    made = json.loads(call("upload")["body"])

    [(file, body)] = account.files.values()
    assert (file.filename, body) == ("sales.csv", b"month,revenue\n2026-01,10\n")
    assert [each["id"] for each in json.loads(call("list")["body"])["data"]] == [made["id"]]
    content = call("list", path=f"/v1/files/{made['id']}/content")
    assert content["statusCode"] == 200
    assert base64.b64decode(content["body"]) == body


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ProviderRefusedError("HTTP 400", said="Bad file file-SECRET1."), 400),
        (ProviderRateLimitedError("HTTP 429", retry_after=2.5), 429),
        (ProviderUnavailableError("HTTP 503"), 503),
        (ProviderKeyError("HTTP 401"), 503),
    ],
)
def test_provider_refusal_is_passed_on_without_provider_ids(
    account: MemoryAccount, call: Call, error: Exception, status: int
) -> None:
    """Other failures of the provider are a 503."""
    account.fails = [error]

    answer = call("upload")

    assert answer["statusCode"] == status
    assert "SECRET1" not in answer["body"]
    assert account.files == {}


@pytest.mark.parametrize(
    "body",
    [
        "",
        "--b\r\nno header\r\n--b--\r\n",
        '--b\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nassistants\r\n--b--\r\n',
        '--b\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nx\r\n--b--\r\n',
        '--b\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nassistants\r\n',
    ],
)
def test_a_broken_form_is_refused(account: MemoryAccount, call: Call, body: str) -> None:
    """Without a file, without an end, with an unknown purpose: 400, and nothing is sent."""
    answer = call("upload", body=body, isBase64Encoded=False)

    assert answer["statusCode"] == 400
    assert account.done == []


def test_mail_is_uploaded_as_a_file(account: MemoryAccount, call: Call) -> None:
    """The content of a part is not parsed, whatever its type."""
    inside = "Subject: hi\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\nx\r\n--c--"
    body = (
        '--b\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nuser_data\r\n'
        '--b\r\nContent-Disposition: form-data; name="file"; filename="a.eml"\r\n'
        f"Content-Type: message/rfc822\r\n\r\n{inside}\r\n--b--\r\n"
    )

    assert call("upload", body=body, isBase64Encoded=False)["statusCode"] == 200
    [(_, sent)] = account.files.values()
    assert sent == inside.encode()
