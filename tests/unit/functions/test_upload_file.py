"""Objects that were dropped, and what of them reaches the provider and the thread."""

from collections.abc import Callable
from typing import Any

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
    """A table that was dropped, and its event."""
    return event_of(services, load_event("upload_file", "dropped_table"))


def event_of(
    services: Services, event: dict[str, Any], key: str = KEY, body: bytes = CSV, **metadata: str
) -> dict[str, Any]:
    """Puts the object and gives its event the real etag."""
    client = services.objects._client()
    put = client.put_object(Bucket="bucket", Key=key, Body=body, Metadata=metadata)
    event["Records"][0]["s3"]["object"]["eTag"] = put["ETag"].strip('"')
    return event


def files_of(services: Services, tenant: str = "acme") -> list[Any]:
    """All files of the tenant."""
    return services.files.page(tenant, PageRequest()).items


def thread_of(services: Services) -> Any:
    """The thread of the user who dropped the file."""
    thread = services.threads.find_for_user("acme", "ada@example.com", "sales")
    assert thread is not None
    return thread


def messages_of(services: Services) -> list[Any]:
    """The messages of that thread."""
    return list(services.messages.newest_first("acme", thread_of(services).id))


def test_a_dropped_table_is_attached_for_code_interpreter(
    services: Services, account: MemoryAccount, dropped: dict[str, Any]
) -> None:
    """The provider has it once, its owner has a record, the owner's thread a message."""
    handler(dropped, stage.Context(), services)

    [file] = files_of(services)
    assert (file.filename, file.status, file.uses) == ("q1 + q2.csv", "processed", 1)
    assert account.files[file.provider_id][1] == CSV
    [message] = messages_of(services)
    [attachment] = message.attachments
    assert (attachment.file_id, attachment.tools[0].type) == (file.id, "code_interpreter")


def test_the_same_event_twice_changes_nothing(
    services: Services, account: MemoryAccount, dropped: dict[str, Any]
) -> None:
    """S3 promises at least once; the file's id is derived from the version of the object."""
    handler(dropped, stage.Context(), services)
    handler(dropped, stage.Context(), services)

    assert account.count("upload") == 1
    assert len(files_of(services)) == len(messages_of(services)) == 1


def test_a_failed_upload_is_done_by_the_next_try(
    services: Services, account: MemoryAccount, dropped: dict[str, Any]
) -> None:
    """While the provider is away the event fails, so that Lambda brings it again."""
    account.fails = [ProviderUnavailableError("HTTP 503")]
    with pytest.raises(ProviderUnavailableError):
        handler(dropped, stage.Context(), services)

    handler(dropped, stage.Context(), services)

    [file] = files_of(services)
    assert file.status == "processed"
    assert len(messages_of(services)) == 1


def test_a_file_that_another_invocation_is_at_is_left_to_it(
    services: Services, account: MemoryAccount, dropped: dict[str, Any], clock: StandingClock
) -> None:
    """Until the time of that invocation is over: then whoever comes takes the file up."""
    other = stage.Context()
    other.aws_request_id = "req-2"
    [entry] = dropped["Records"]
    account.fails = [KeyboardInterrupt()]  # type: ignore[list-item]
    let_go, services.files.let_go = services.files.let_go, lambda file: None  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        handler(dropped, other, services)  # killed: nothing is let go
    services.files.let_go = let_go  # type: ignore[method-assign]

    handler(dropped, stage.Context(), services)
    assert account.count("upload") == 0
    clock.advance(31)
    handler({"Records": [entry]}, stage.Context(), services)

    assert account.count("upload") == 1
    assert len(messages_of(services)) == 1


def test_a_file_that_the_provider_refuses_says_why(
    services: Services, account: MemoryAccount, dropped: dict[str, Any]
) -> None:
    """Its record has status error, and nobody tries again."""
    account.fails = [ProviderRefusedError("HTTP 400", said="Invalid file format.")]

    handler(dropped, stage.Context(), services)

    [file] = files_of(services)
    assert (file.status, file.status_details) == ("error", "Invalid file format.")
    assert services.threads.find_for_user("acme", "ada@example.com", "sales") is None


def test_a_type_that_is_not_taken_leaves_a_record(
    services: Services, account: MemoryAccount, load_event: Load
) -> None:
    """The object is not even read."""
    handler(load_event("upload_file", "refused_type"), stage.Context(), services)

    [file] = files_of(services)
    assert (file.filename, file.status) == ("tool.exe", "error")
    assert account.done == []


def test_what_is_not_a_new_file_is_passed_over(
    services: Services, account: MemoryAccount, load_event: Load
) -> None:
    """A test event, a folder marker, a deletion, an object that is gone: nothing to do."""
    for case in ("test_event", "several_records", "event_bridge"):
        handler(load_event("upload_file", case), stage.Context(), services)

    assert account.done == []
    assert files_of(services) == []


def test_an_object_of_another_place_is_ignored(
    services: Services, account: MemoryAccount, dropped: dict[str, Any]
) -> None:
    """What the deployment writes itself must never come back in as a file."""
    record = dropped["Records"][0]["s3"]
    for bucket, key in (("bucket", "answers/acme/ada/sales/a.csv"), ("else", "drop/a/b/c/d.csv")):
        record["bucket"]["name"], record["object"]["key"] = bucket, key
        handler(dropped, stage.Context(), services)

    assert account.done == []


def test_a_record_that_cannot_be_read_fails_the_event_after_the_others(
    services: Services, account: MemoryAccount, dropped: dict[str, Any]
) -> None:
    """The good one is in, and the event goes to the dead-letter queue as a whole."""
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
    """The run carries the file's id, so that its answer finds its way."""
    assistant = stage.put_assistant(services)
    wishes = {"assistant-id": assistant.id, "message": "=?UTF-8?B?w5xiZXJzaWNodD8=?="}
    event = event_of(services, load_event("upload_file", "dropped_table"), **wishes)

    handler(event, stage.Context(), services)

    [run_id] = executions.started
    run = services.runs.get("acme", thread_of(services).id, run_id)
    [file] = files_of(services)
    assert run.metadata == {"dropped_file": file.id}
    assert [tool.type for tool in run.config.tools] == ["code_interpreter"]
    assert run.config.server_tools == []
    assert messages_of(services)[0].plain_text() == "Übersicht?"


def test_a_deployment_may_have_wishes_of_its_own(
    services: Services, account: MemoryAccount, executions: RecordedExecutions, load_event: Load
) -> None:
    """A default for the purpose is used where the object's metadata says nothing."""
    assistant = stage.put_assistant(services)
    default = DropDefault(assistant_id=assistant.id, message="Summarise it.")
    services.settings = services.settings.model_copy(update={"drop_defaults": {"sales": default}})

    handler(
        event_of(services, load_event("upload_file", "dropped_table")), stage.Context(), services
    )

    assert len(executions.started) == 1
    assert messages_of(services)[0].plain_text() == "Summarise it."


def test_an_unknown_assistant_is_told_of_where_the_answer_would_be(
    services: Services, account: MemoryAccount, executions: RecordedExecutions, load_event: Load
) -> None:
    """The file is attached all the same; the data person sees why there is no analysis."""
    wishes = {"assistant-id": "asst_unknown", "message": "Go."}
    event = event_of(services, load_event("upload_file", "dropped_table"), **wishes)

    handler(event, stage.Context(), services)

    text = services.objects.get(KEY.replace("drop/", "answers/", 1) + "/answer.md").decode()
    assert text == "No assistant found with id 'asst_unknown'.\n"
    assert executions.started == []
    assert len(messages_of(services)) == 1


def test_an_uploaded_object_becomes_the_file_that_was_promised(
    services: Services, account: MemoryAccount, load_event: Load
) -> None:
    """An upload by form has its record before; an object without one is deleted."""
    event = load_event("upload_file", "uploaded_object")
    key = event["Records"][0]["s3"]["object"]["key"]
    services.objects.put(key, CSV, "text/csv")

    handler(event, stage.Context(), services)

    assert account.done == []
    assert services.objects.look(key) is None
