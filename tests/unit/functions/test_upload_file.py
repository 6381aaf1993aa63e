"""upload_file: dropped objects become files, messages and runs."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote_plus

import pytest
from understudy.domain.lists import PageRequest
from understudy.errors import ProviderRefusedError, ProviderUnavailableError, UnforeseenError
from understudy.services import Services
from understudy.settings import DropDefault

from functions.upload_file.app import handler
from tests.fakes.executions import RecordedExecutions
from tests.fakes.provider_files import MemoryAccount
from tests.unit import stage
from tests.unit.conftest import StandingClock

CSV = b"month,revenue\n2026-01,10\n"
KEY = "drop/acme/ada@example.com/sales/q1 + q2.csv"
Load = Callable[[str, str], Any]


@pytest.fixture
def account(services: Services) -> MemoryAccount:
    return MemoryAccount().serve(services)


@pytest.fixture
def dropped(services: Services, load_event: Load) -> dict[str, Any]:
    """A dropped table and its event."""
    return event_of(services, load_event("upload_file", "dropped_table"))


def event_of(
    services: Services, event: dict[str, Any], key: str = KEY, body: bytes = CSV, **metadata: str
) -> dict[str, Any]:
    """Puts the object, and sets its etag in the event."""
    client = services.objects._client()
    put = client.put_object(Bucket="bucket", Key=key, Body=body, Metadata=metadata)
    event["Records"][0]["s3"]["object"]["eTag"] = put["ETag"].strip('"')
    return event


def files_of(services: Services, tenant: str = "acme") -> list[Any]:
    """Returns all files of the tenant."""
    return services.files.page(tenant, PageRequest()).items


def thread_of(services: Services) -> Any:
    """Returns the thread of the user who dropped the file."""
    thread = services.threads.find_for_user("acme", "ada@example.com", "sales")
    assert thread is not None
    return thread


def messages_of(services: Services) -> list[Any]:
    """Returns the messages of that thread."""
    return list(services.messages.newest_first("acme", thread_of(services).id))


def report_of(services: Services, key: str = KEY, name: str = "answer.md") -> str:
    """Returns the report on a dropped object."""
    return services.objects.get(f"{key.replace('drop/', 'answers/', 1)}/{name}").decode()


def status_of(services: Services, key: str = KEY) -> str:
    """Returns the status of a dropped object."""
    return str(json.loads(report_of(services, key, "status.json"))["status"])


def test_dropped_table_is_attached_for_code_interpreter(
    services: Services, account: MemoryAccount, dropped: dict[str, Any]
) -> None:
    """The provider has the file, its owner a record, and the owner's thread a message."""
    handler(dropped, stage.Context(), services)

    [file] = files_of(services)
    assert (file.filename, file.status, file.uses) == ("q1 + q2.csv", "processed", 1)
    assert account.files[file.provider_id][1] == CSV
    [message] = messages_of(services)
    [attachment] = message.attachments
    assert (attachment.file_id, attachment.tools[0].type) == (file.id, "code_interpreter")


def test_duplicate_event_changes_nothing(
    services: Services, account: MemoryAccount, dropped: dict[str, Any]
) -> None:
    """S3 delivers at least once; the file id is derived from the object version."""
    handler(dropped, stage.Context(), services)
    handler(dropped, stage.Context(), services)

    assert account.count("upload") == 1
    assert len(files_of(services)) == len(messages_of(services)) == 1


def test_failed_upload_is_completed_by_a_retry(
    services: Services, account: MemoryAccount, dropped: dict[str, Any]
) -> None:
    """While the provider is unavailable the event fails, so that Lambda retries it."""
    account.fails = [ProviderUnavailableError("HTTP 503")]
    with pytest.raises(ProviderUnavailableError):
        handler(dropped, stage.Context(), services)

    handler(dropped, stage.Context(), services)

    [file] = files_of(services)
    assert file.status == "processed"
    assert len(messages_of(services)) == 1


def test_leased_file_is_left_to_the_holder_of_the_lease(
    services: Services, account: MemoryAccount, dropped: dict[str, Any], clock: StandingClock
) -> None:
    """Until the lease expires; then another delivery processes the file."""
    other = stage.Context()
    other.aws_request_id = "req-2"
    [entry] = dropped["Records"]
    account.fails = [KeyboardInterrupt()]  # type: ignore[list-item]
    release, services.files.release_lease = services.files.release_lease, lambda file: None  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        handler(dropped, other, services)  # killed: no lease is released
    services.files.release_lease = release  # type: ignore[method-assign]

    handler(dropped, stage.Context(), services)
    assert account.count("upload") == 0
    clock.advance(31)
    handler({"Records": [entry]}, stage.Context(), services)

    assert account.count("upload") == 1
    assert len(messages_of(services)) == 1


def test_file_that_the_provider_refuses_gets_status_error_and_a_report(
    services: Services, account: MemoryAccount, dropped: dict[str, Any]
) -> None:
    """The event does not fail, because a retry could not succeed."""
    account.fails = [ProviderRefusedError("HTTP 400", said="Invalid file format of file-SECRET1.")]

    handler(dropped, stage.Context(), services)

    [file] = files_of(services)
    assert (file.status, file.status_details) == ("error", "Invalid file format of ….")
    assert report_of(services).startswith("Invalid file format of ….\n")
    assert status_of(services) == "refused"
    assert services.threads.find_for_user("acme", "ada@example.com", "sales") is None


def test_unsupported_type_leaves_a_file_with_status_error(
    services: Services, account: MemoryAccount, load_event: Load
) -> None:
    """The object is not read."""
    handler(load_event("upload_file", "refused_type"), stage.Context(), services)

    [file] = files_of(services)
    assert (file.filename, file.status) == ("tool.exe", "error")
    assert account.done == []


def test_events_without_a_new_file_are_ignored(
    services: Services, account: MemoryAccount, load_event: Load
) -> None:
    """A test event, a folder marker, a deletion, a deleted object."""
    for case in ("test_event", "several_records", "event_bridge"):
        handler(load_event("upload_file", case), stage.Context(), services)

    assert account.done == []
    assert files_of(services) == []


def test_object_outside_drop_and_uploads_is_ignored(
    services: Services, account: MemoryAccount, dropped: dict[str, Any]
) -> None:
    """Otherwise the deployment would process what it wrote itself."""
    record = dropped["Records"][0]["s3"]
    for bucket, key in (("bucket", "answers/acme/ada/sales/a.csv"), ("else", "drop/a/b/c/d.csv")):
        record["bucket"]["name"], record["object"]["key"] = bucket, key
        handler(dropped, stage.Context(), services)

    assert account.done == []


def test_unreadable_record_fails_the_event_after_the_others(
    services: Services, account: MemoryAccount, dropped: dict[str, Any]
) -> None:
    """The readable record is processed; the whole event goes to the dead-letter queue."""
    dropped["Records"].insert(0, {"eventName": "ObjectCreated:Put"})

    with pytest.raises(UnforeseenError):
        handler(dropped, stage.Context(), services)

    assert account.count("upload") == 1


def test_metadata_starts_a_run_with_the_tool_that_reads_the_file(
    services: Services,
    account: MemoryAccount,
    executions: RecordedExecutions,
    load_event: Load,
) -> None:
    """The run's metadata has the file id, by which the report is written."""
    assistant = stage.put_assistant(services)
    metadata = {"assistant-id": assistant.id, "message": "=?UTF-8?B?w5xiZXJzaWNodD8=?="}
    event = event_of(services, load_event("upload_file", "dropped_table"), **metadata)

    handler(event, stage.Context(), services)

    [run_id] = executions.started
    run = services.runs.get("acme", thread_of(services).id, run_id)
    [file] = files_of(services)
    assert run.metadata == {"dropped_file": file.id}
    assert [tool.type for tool in run.config.tools] == ["code_interpreter"]
    assert run.config.server_tools == []
    assert messages_of(services)[0].plain_text() == "Übersicht?"


def test_default_of_the_deployment_starts_a_run(
    services: Services, account: MemoryAccount, executions: RecordedExecutions, load_event: Load
) -> None:
    """It is used for objects without metadata."""
    assistant = stage.put_assistant(services)
    default = DropDefault(assistant_id=assistant.id, message="Summarise it.")
    services.settings = services.settings.model_copy(update={"drop_defaults": {"sales": default}})

    handler(
        event_of(services, load_event("upload_file", "dropped_table")), stage.Context(), services
    )

    assert len(executions.started) == 1
    assert messages_of(services)[0].plain_text() == "Summarise it."


def test_unknown_assistant_is_reported_and_the_file_attached(
    services: Services, account: MemoryAccount, executions: RecordedExecutions, load_event: Load
) -> None:
    """The report says why there is no analysis."""
    metadata = {"assistant-id": "asst_unknown", "message": "Go."}
    event = event_of(services, load_event("upload_file", "dropped_table"), **metadata)

    handler(event, stage.Context(), services)

    assert report_of(services).startswith("No assistant found with id 'asst_unknown'.\n")
    assert status_of(services) == "attached"
    assert executions.started == []
    assert len(messages_of(services)) == 1


def test_uploaded_object_without_a_record_is_deleted(
    services: Services, account: MemoryAccount, load_event: Load
) -> None:
    """The form of an upload is given out with the file's record."""
    event = load_event("upload_file", "uploaded_object")
    key = event["Records"][0]["s3"]["object"]["key"]
    services.objects.put(key, CSV, "text/csv")

    handler(event, stage.Context(), services)

    assert account.done == []
    assert services.objects.head(key) is None


def put_drop(services: Services, load_event: Load, key: str, body: bytes = CSV) -> dict[str, Any]:
    """Puts an object at another key and returns its event."""
    event = event_of(services, load_event("upload_file", "dropped_table"), key=key, body=body)
    event["Records"][0]["s3"]["object"]["key"] = quote_plus(key)
    return event


@pytest.mark.parametrize(
    ("key", "body", "reason"),
    [
        ("drop/acme/ada/sales/tool.exe", CSV, "file type '.exe' is not supported"),
        ("drop/acme/ada/sales/README", CSV, "no file extension"),
        ("drop/acme/ada/sales/empty.csv", b"", "file size is 0 bytes"),
        ("drop/acme/q1.csv", CSV, "the key is not drop/{tenant}/{user_id}/{purpose}/{name}"),
        ("drop/q1.csv", CSV, "the key is not drop/{tenant}/{user_id}/{purpose}/{name}"),
        ("drop/acme/a b/sales/q1.csv", CSV, "the user id contains invalid characters"),
    ],
)
def test_rejected_object_gets_a_report_that_says_what_to_do(
    services: Services,
    account: MemoryAccount,
    load_event: Load,
    key: str,
    body: bytes,
    reason: str,
) -> None:
    """Also where the key names no owner, who could list a file."""
    handler(put_drop(services, load_event, key, body), stage.Context(), services)

    text = report_of(services, key)
    assert reason in text
    assert "What to do: put the file again" in text
    assert status_of(services, key) == "refused"
    assert account.done == []


def test_file_without_an_assistant_is_reported_as_attached(
    services: Services, account: MemoryAccount, dropped: dict[str, Any]
) -> None:
    """The report says how to have it answered."""
    handler(dropped, stage.Context(), services)

    assert status_of(services) == "attached"
    assert "`assistant-id`" in report_of(services)


def test_status_is_in_progress_while_a_retry_is_due(
    services: Services, account: MemoryAccount, dropped: dict[str, Any]
) -> None:
    """The provider is unavailable; nothing is reported as final."""
    account.fails = [ProviderUnavailableError("HTTP 503")]
    with pytest.raises(ProviderUnavailableError):
        handler(dropped, stage.Context(), services)

    assert status_of(services) == "in_progress"


def test_prompt_file_beside_the_object_is_the_message(
    services: Services, account: MemoryAccount, executions: RecordedExecutions, load_event: Load
) -> None:
    """The AWS CLI cannot send metadata that is not ASCII. The prompt itself becomes no file."""
    assistant = stage.put_assistant(services)
    prompt = put_drop(services, load_event, f"{KEY}.prompt.txt", "\ufeffÜbersicht?\n".encode())
    handler(prompt, stage.Context(), services)
    metadata = {"assistant-id": assistant.id}
    event = event_of(services, load_event("upload_file", "dropped_table"), **metadata)

    handler(event, stage.Context(), services)

    assert messages_of(services)[0].plain_text() == "Übersicht?"
    assert [file.filename for file in files_of(services)] == ["q1 + q2.csv"]
    assert len(executions.started) == 1


def test_prompt_that_is_too_long_is_rejected(
    services: Services, account: MemoryAccount, load_event: Load
) -> None:
    """A message has at most 256,000 characters."""
    services.objects.put(f"{KEY}.prompt.txt", b"x" * 256_001, "text/plain")

    handler(
        event_of(services, load_event("upload_file", "dropped_table")), stage.Context(), services
    )

    [file] = files_of(services)
    assert file.status == "error"
    assert "256000 characters" in report_of(services)


def test_duplicate_event_does_not_reopen_a_finished_report(
    services: Services, account: MemoryAccount, dropped: dict[str, Any]
) -> None:
    """The status stays final."""
    handler(dropped, stage.Context(), services)
    handler(dropped, stage.Context(), services)

    assert status_of(services) == "attached"
