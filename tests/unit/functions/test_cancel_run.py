"""State CancelRun."""

from collections.abc import Callable
from typing import Any
from unittest.mock import Mock

import pytest
from understudy.domain.run_queue import MultitaskStrategy
from understudy.domain.run_steps import RunStep
from understudy.domain.runs import RunStatus
from understudy.domain.tools import CallStatus, RunsOn
from understudy.domain.translation import translate
from understudy.errors import ProviderUnavailableError, RunEndedError, StorageUnavailableError
from understudy.services import Services

from functions.cancel_run.app import handler
from tests.fakes.provider import ScriptedProvider, said, usage
from tests.unit import stage

Cancel = Callable[..., dict[str, Any]]


@pytest.fixture
def cancel(services: Services, load_event: Callable[..., Any]) -> Cancel:
    """Invokes the function with a sample event, with another progress if given."""

    def hand_over(case: str = "cancelling", **progress: Any) -> dict[str, Any]:
        event = load_event("cancel_run", case)
        event["progress"] |= progress
        return handler(event, stage.Context(), services)

    return hand_over


def test_cancelled_run_stops_the_model_and_closes_its_calls(
    services: Services, provider: ScriptedProvider, cancel: Cancel
) -> None:
    """And frees its thread (F023, F024)."""
    stage.put_run(services, response_id="resp_1", status=RunStatus.IN_PROGRESS)
    stage.put_call(services, runs_on=RunsOn.CLIENT)
    services.runs.move(
        stage.stored_run(services), RunStatus.CANCELLING, among=[RunStatus.IN_PROGRESS]
    )

    assert cancel()["status"] == "cancelled"

    assert provider.cancelled == ["resp_1"]
    [call] = services.tool_calls.of_run(stage.TENANT, stage.RUN_ID)
    assert call.status is CallStatus.CLOSED
    thread = services.runs.thread(stage.TENANT, stage.THREAD_ID)
    assert thread is not None
    assert thread.active_run_id is None


def test_run_without_a_response_is_cancelled_without_a_request(
    services: Services, provider: ScriptedProvider, cancel: Cancel
) -> None:
    """There is nothing to cancel at the provider (F022)."""
    stage.put_run(services)

    cancel()

    assert provider.cancelled == []
    assert stage.stored_run(services).status is RunStatus.CANCELLED


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("ProviderRateLimitedError", "rate_limit_exceeded"),
        ("ProviderQuotaError", "rate_limit_exceeded"),
        ("ProviderRefusedError", "invalid_prompt"),
        ("ProviderKeyError", "server_error"),
        ("Lambda.Unknown", "server_error"),
        ("", "server_error"),
    ],
)
def test_caught_error_becomes_one_of_three_codes(
    services: Services, cancel: Cancel, error: str, code: str
) -> None:
    """The error reveals no internals (F052, F055, F056)."""
    stage.put_run(services)

    assert cancel("failed", error=error)["status"] == "failed"

    last_error = stage.stored_run(services).last_error
    assert last_error is not None
    assert last_error.code == code
    assert "Lambda" not in last_error.message


def test_cancel_wins_over_a_caught_error(services: Services, cancel: Cancel) -> None:
    """Also if it comes between the read and the write of the run."""
    run = stage.put_run(services)
    read, moved = services.runs.get, []

    def get(*ids: str) -> Any:
        found = read(*ids)
        if not moved:
            moved.append(services.runs.move(run, RunStatus.CANCELLING, among=[RunStatus.QUEUED]))
        return found

    services.runs.get = get  # type: ignore[method-assign]

    assert cancel("failed")["status"] == "cancelled"
    assert stage.stored_run(services).last_error is None


def test_expired_run_has_no_error(services: Services, cancel: Cancel) -> None:
    """Its deadline ended it."""
    stage.put_run(services)

    assert cancel(status="expired")["status"] == "expired"
    assert stage.stored_run(services).last_error is None


def test_ended_run_is_unchanged(services: Services, cancel: Cancel) -> None:
    """The execution then ends."""
    run = stage.put_run(services)
    services.runs.end(run.model_copy(update={"status": RunStatus.COMPLETED, "ended_at": 1}))

    with pytest.raises(RunEndedError):
        cancel()
    assert stage.stored_run(services).status is RunStatus.COMPLETED


def texts(services: Services) -> list[tuple[str, str | None]]:
    """Returns the assistant's messages with the reason why they are incomplete, oldest first."""
    found = services.messages.newest_first(stage.TENANT, stage.THREAD_ID)
    messages = [message for message in found if message.role == "assistant"]
    return [(message.plain_text(), message.incomplete_reason) for message in messages[::-1]]


def interrupted(services: Services, by: MultitaskStrategy, **fields: Any) -> None:
    """Stores a run that another one has interrupted."""
    known = {"response_id": "resp_1", "status": RunStatus.IN_PROGRESS, "interrupted": by}
    run = stage.put_run(services, **(known | fields))
    services.runs.move(run, RunStatus.CANCELLING, among=[RunStatus.IN_PROGRESS])


def test_interrupted_run_leaves_its_unfinished_text(
    services: Services, provider: ScriptedProvider, cancel: Cancel
) -> None:
    """As an incomplete message with a step. A retry writes the same message."""
    interrupted(services, MultitaskStrategy.INTERRUPT)
    provider.retrieves.append(said("Once upon", status="cancelled"))

    assert cancel()["status"] == "cancelled"

    assert texts(services) == [("Once upon", "run_cancelled")]
    [step] = services.run_steps.of_run(stage.TENANT, stage.THREAD_ID, stage.RUN_ID)
    assert step.status == "cancelled"


def test_interrupted_run_leaves_a_finished_text_as_complete(
    services: Services, provider: ScriptedProvider, cancel: Cancel
) -> None:
    """The response ended between the last check and the cancel."""
    interrupted(services, MultitaskStrategy.INTERRUPT)
    provider.retrieves.append(said("Once upon a time."))

    cancel()

    assert texts(services) == [("Once upon a time.", None)]
    [step] = services.run_steps.of_run(stage.TENANT, stage.THREAD_ID, stage.RUN_ID)
    assert step.is_shown(stage.stored_run(services))


def with_image(step: RunStep) -> RunStep:
    """Returns the step of a message with an image before its text."""
    assert step.message is not None
    image = {"type": "image_file", "image_file": {"file_id": "file-1", "detail": "auto"}}
    message = step.message.model_copy(update={"content": [image, *step.message.content]})
    return step.model_copy(update={"message": message})


def test_interrupted_run_leaves_the_text_that_check_status_has_stored(
    services: Services, provider: ScriptedProvider, cancel: Cancel
) -> None:
    """Only text: images and annotations refer to files that are not kept."""
    interrupted(services, MultitaskStrategy.INTERRUPT)
    [step] = translate(stage.stored_run(services), said("It is Ada."), now=0).steps
    services.run_steps.put(with_image(step))
    provider.retrieves.append(said("It is Ada."))

    cancel()

    assert texts(services) == [("It is Ada.", None)]
    [kept] = services.run_steps.of_run(stage.TENANT, stage.THREAD_ID, stage.RUN_ID)
    assert kept.is_shown(stage.stored_run(services))
    [stored] = [
        each
        for each in services.messages.newest_first(stage.TENANT, stage.THREAD_ID)
        if each.role == "assistant"
    ]
    assert [part["type"] for part in stored.content] == ["text"]


def test_interrupt_does_not_change_a_message_before_tool_calls(
    services: Services, provider: ScriptedProvider, cancel: Cancel
) -> None:
    """It has been in the thread since its round was over, with its image."""
    interrupted(services, MultitaskStrategy.INTERRUPT, round=1, response_id="resp_2")
    run = stage.stored_run(services)
    [step] = translate(run.model_copy(update={"round": 0}), said("I will look."), now=0).steps
    [published] = services.turn_messages.publish(run, [with_image(step)])
    services.run_steps.put(published)
    provider.retrieves.append(said("", response_id="resp_2", status="cancelled", output=[]))

    cancel()

    assert texts(services) == [("I will look.", None)]
    [stored] = [
        each
        for each in services.messages.newest_first(stage.TENANT, stage.THREAD_ID)
        if each.role == "assistant"
    ]
    assert [part["type"] for part in stored.content] == ["image_file", "text"]


def test_retry_after_a_crash_leaves_the_same_message(
    services: Services,
    provider: ScriptedProvider,
    cancel: Cancel,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The crash came between the step and the transaction that ends the run."""
    interrupted(services, MultitaskStrategy.INTERRUPT)
    provider.retrieves += [said("Once upon a time."), said("Once upon a time.")]
    with monkeypatch.context() as broken:
        broken.setattr(services.runs, "end", Mock(side_effect=StorageUnavailableError("down")))
        with pytest.raises(StorageUnavailableError):
            cancel()
    [step] = services.run_steps.of_run(stage.TENANT, stage.THREAD_ID, stage.RUN_ID)
    assert not step.is_shown(stage.stored_run(services))

    cancel()

    assert texts(services) == [("Once upon a time.", None)]


def test_provider_outage_does_not_delay_an_interrupt(
    services: Services, provider: ScriptedProvider, cancel: Cancel
) -> None:
    """What the model was writing is lost then."""
    interrupted(services, MultitaskStrategy.INTERRUPT)
    provider.retrieves.append(ProviderUnavailableError("down"))

    assert cancel()["status"] == "cancelled"
    assert texts(services) == []


class Deleted:
    """Implements StoredResponses; the first delete fails."""

    def __init__(self) -> None:
        self.ids: list[str] = []

    def delete(self, response_id: str) -> None:
        self.ids.append(response_id)
        if len(self.ids) == 1:
            raise ProviderUnavailableError("down")


def test_rolled_back_run_leaves_no_text_and_no_stored_response(
    services: Services, provider: ScriptedProvider, cancel: Cancel
) -> None:
    """A response that cannot be deleted does not keep the others."""
    deleted = Deleted()
    services.__dict__["stored_responses"] = deleted
    used = [usage("resp_1")]
    interrupted(services, MultitaskStrategy.ROLLBACK, response_id="resp_2", usage=used)

    assert cancel()["status"] == "cancelled"

    assert deleted.ids == ["resp_1", "resp_2"]
    assert texts(services) == []
    provider.assert_done()
