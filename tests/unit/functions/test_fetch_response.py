"""State FetchResponse."""

from collections.abc import Callable
from typing import Any

import pytest
from understudy.domain.lists import PageRequest
from understudy.domain.runs import RunStatus
from understudy.domain.translation import translate
from understudy.errors import RunCancellingError, RunEndedError
from understudy.http.objects.runs import run_object
from understudy.http.objects.threads import message_object
from understudy.services import Services
from understudy.threads.messages import admit_message

from functions.fetch_response.app import handler
from tests.fakes.provider import said
from tests.unit import stage


@pytest.fixture
def fetch(services: Services, load_event: Callable[..., Any]) -> Callable[[], dict[str, Any]]:
    """Invokes the function with the sample event."""
    return lambda: handler(load_event("fetch_response", "completed"), stage.Context(), services)


def answered(services: Services, **fields: Any) -> None:
    """Returns a run whose message is in its step."""
    run = stage.put_run(services, status=RunStatus.IN_PROGRESS, response_id="resp_1")
    for step in translate(run, said("Your name is Ada.", **fields), now=run.created_at).steps:
        services.run_steps.put(step)


def messages(services: Services) -> list[Any]:
    return services.messages.page(stage.TENANT, stage.THREAD_ID, PageRequest()).items


def test_message_is_added_to_the_thread(
    services: Services, fetch: Callable[[], dict[str, Any]]
) -> None:
    """Together with status and usage, and the thread is free."""
    answered(services)

    assert fetch()["status"] == "completed"

    newest = messages(services)[0]
    assert (newest.role, newest.plain_text()) == ("assistant", "Your name is Ada.")
    run = stage.stored_run(services)
    assert run.status is RunStatus.COMPLETED
    assert run_object(run)["usage"]["total_tokens"] == 120
    thread = services.runs.thread(stage.TENANT, stage.THREAD_ID)
    assert thread is not None
    assert thread.active_run_id is None


def test_earlier_cancel_wins(services: Services, fetch: Callable[[], dict[str, Any]]) -> None:
    """The message of a cancelled run is never shown (F025)."""
    answered(services)
    run = stage.stored_run(services)
    services.runs.move(run, RunStatus.CANCELLING, among=[RunStatus.IN_PROGRESS])

    with pytest.raises(RunCancellingError):
        fetch()

    assert [message.role for message in messages(services)] == ["user"]


def test_retry_writes_nothing_twice(
    services: Services, fetch: Callable[[], dict[str, Any]]
) -> None:
    """The run has ended, and the execution continues to its end."""
    answered(services)
    fetch()

    with pytest.raises(RunEndedError):
        fetch()

    assert len(messages(services)) == 2


def test_truncated_message_is_kept_and_marked(
    services: Services, fetch: Callable[[], dict[str, Any]]
) -> None:
    """A run at its token limit is incomplete and has the reason (F068)."""
    answered(services, status="incomplete", incomplete_reason="max_output_tokens")

    assert fetch()["status"] == "incomplete"

    shown = run_object(stage.stored_run(services))
    assert shown["incomplete_details"] == {"reason": "max_completion_tokens"}
    assert message_object(messages(services)[0])["incomplete_details"] == {"reason": "max_tokens"}


def test_later_message_sorts_after_the_models_message(
    services: Services, fetch: Callable[[], dict[str, Any]]
) -> None:
    """Messages keep the order in which they were accepted (I6)."""
    answered(services)
    fetch()

    thread = admit_message(services.threads, services.runs, stage.TENANT, stage.THREAD_ID)

    assert thread.message_order > int(stage.stored_run(services).message_base)
    ids = [message.id for message in messages(services)]
    assert ids == sorted(ids, reverse=True)


def test_lost_response_of_the_last_write_does_not_fail_the_run(
    services: Services, fetch: Callable[[], dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The SDK repeats the transaction, which is refused because it has succeeded."""
    answered(services)
    end = services.runs.end

    def end_twice(*arguments: Any, **named: Any) -> None:
        end(*arguments, **named)
        end(*arguments, **named)

    monkeypatch.setattr(services.runs, "end", end_twice)

    assert fetch()["status"] == "completed"
    assert len(messages(services)) == 2
