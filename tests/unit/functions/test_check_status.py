"""State CheckStatus."""

from collections.abc import Callable
from typing import Any

import pytest
from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.open_runs import MARGIN
from understudy.domain.deadlines import last_sweep
from understudy.domain.runs import RunStatus
from understudy.domain.tools import RunsOn
from understudy.errors import ProviderRateLimitedError
from understudy.services import Services

from functions.check_status.app import handler
from tests.fakes.provider import ScriptedProvider, called, said, working
from tests.unit import stage
from tests.unit.conftest import StandingClock

SCHEMA = ("call_schema", "get_table_schema", '{"table": "sales"}')
MEETING = ("call_meeting", "book_meeting", "{}")


@pytest.fixture
def check(services: Services, load_event: Callable[..., Any]) -> Callable[[], dict[str, Any]]:
    """Invokes the function with the sample event."""
    return lambda: handler(load_event("check_status", "in_progress"), stage.Context(), services)


@pytest.fixture
def running(services: Services) -> None:
    """Returns a run on whose response the model is working."""
    stage.put_run(services, status=RunStatus.IN_PROGRESS, response_id="resp_1")


@pytest.mark.usefixtures("running")
def test_working_response_is_checked_again_later(
    provider: ScriptedProvider, check: Callable[[], dict[str, Any]]
) -> None:
    """The number of checks grows, and with it the delay."""
    provider.retrieves.append(working())

    progress = check()

    assert (progress["status"], progress["checks"]) == ("in_progress", 1)


@pytest.mark.usefixtures("running")
def test_poll_seconds_sets_the_delays(
    services: Services, provider: ScriptedProvider, check: Callable[[], dict[str, Any]]
) -> None:
    """The parameter's last delay repeats."""
    services.settings = services.settings.model_copy(update={"poll_seconds": (7,)})
    provider.retrieves.append(working())

    assert check()["delay_seconds"] == 7


@pytest.mark.usefixtures("running")
def test_server_calls_are_returned_to_the_state_machine(
    services: Services, provider: ScriptedProvider, check: Callable[[], dict[str, Any]]
) -> None:
    """They are stored and returned by id; the client has nothing to do."""
    provider.retrieves.append(called(SCHEMA))

    progress = check()

    assert (progress["status"], progress["server_calls"]) == ("in_progress", ["call_schema"])
    [call] = services.tool_calls.of_run(stage.TENANT, stage.RUN_ID)
    assert (call.runs_on, call.arguments) == (RunsOn.SERVER, '{"table": "sales"}')


@pytest.mark.usefixtures("running")
def test_mixed_calls_require_action_and_return_server_calls(
    services: Services, provider: ScriptedProvider, check: Callable[[], dict[str, Any]]
) -> None:
    """Server-side calls are executed while the client executes the others."""
    provider.retrieves.append(called(SCHEMA, MEETING))

    progress = check()

    assert (progress["status"], progress["server_calls"]) == ("requires_action", ["call_schema"])
    assert stage.stored_run(services).status is RunStatus.REQUIRES_ACTION


@pytest.mark.usefixtures("running")
def test_repeated_check_is_idempotent(
    services: Services, provider: ScriptedProvider, check: Callable[[], dict[str, Any]]
) -> None:
    """Steps, calls and usage are stored once; an output that came in between stays (F031)."""
    provider.retrieves.extend([called(SCHEMA), called(SCHEMA)])
    check()
    [call] = services.tool_calls.of_run(stage.TENANT, stage.RUN_ID)
    services.tool_calls.store_output(call, "the schema")

    check()

    [again] = services.tool_calls.of_run(stage.TENANT, stage.RUN_ID)
    assert again.output == "the schema"
    steps = services.run_steps.of_run(stage.TENANT, stage.THREAD_ID, stage.RUN_ID)
    assert len(steps) == 1
    assert len(stage.stored_run(services).usage) == 1


@pytest.mark.usefixtures("running")
def test_message_completes_the_run(
    services: Services, provider: ScriptedProvider, check: Callable[[], dict[str, Any]]
) -> None:
    """The message is in its step until FetchResponse adds it to the thread."""
    provider.retrieves.append(said("Ada."))

    assert check()["status"] == "completed"
    [step] = services.run_steps.of_run(stage.TENANT, stage.THREAD_ID, stage.RUN_ID)
    assert step.message is not None
    assert stage.stored_run(services).status is RunStatus.IN_PROGRESS


@pytest.mark.usefixtures("running")
def test_working_run_expires_and_finished_response_counts_after_the_deadline(
    provider: ScriptedProvider, check: Callable[[], dict[str, Any]], clock: StandingClock
) -> None:
    """A finished response is not dropped because it is late."""
    clock.advance(601)
    provider.retrieves.extend([working(), said("Late.")])

    assert check()["status"] == "expired"
    assert check()["status"] == "completed"


@pytest.mark.usefixtures("running")
def test_failed_response_has_one_of_three_codes(
    services: Services, provider: ScriptedProvider, check: Callable[[], dict[str, Any]]
) -> None:
    """An unknown code becomes server_error (F067)."""
    failed = said("", status="failed", output=[], error_code="odd_code", error_message="Odd.")
    provider.retrieves.extend([failed] * 2)

    check()

    if stage.stored_run(services).last_error is None:  # server errors may be tried once more
        provider.retrieves.clear()
        return
    error = stage.stored_run(services).last_error
    assert error is not None
    assert error.code == "server_error"


@pytest.mark.usefixtures("running")
def test_too_many_rounds_fail_the_run(
    services: Services, provider: ScriptedProvider, check: Callable[[], dict[str, Any]]
) -> None:
    """A model that always calls tools is stopped (F044)."""
    run = stage.stored_run(services)
    services.runs.change(run, round=services.settings.max_tool_rounds)
    provider.retrieves.append(called(SCHEMA))

    assert check()["status"] == "failed"


def test_cancel_request_is_seen_before_the_response_is_read(
    services: Services, check: Callable[[], dict[str, Any]]
) -> None:
    """The script has no response: reading one would fail the test. The next wait is short."""
    run = stage.put_run(services, status=RunStatus.IN_PROGRESS, response_id="resp_1")
    services.runs.move(run, RunStatus.CANCELLING, among=[RunStatus.IN_PROGRESS])

    progress = check()

    assert (progress["status"], progress["delay_seconds"]) == ("cancelling", 1)


@pytest.mark.usefixtures("running")
def test_pending_callback_is_cleared(
    services: Services, provider: ScriptedProvider, load_event: Callable[..., Any]
) -> None:
    """The state machine skipped its wait because of it; the next wait has to wait again."""
    services.waits.mark_pending("resp_1")
    provider.retrieves.append(working())
    event = load_event("check_status", "in_progress")
    event["progress"] |= {"wait_id": "resp_1", "wake_pending": True}

    progress = handler(event, stage.Context(), services)

    assert "wake_pending" not in (services.table.get(keys.wait("resp_1")) or {})
    assert (progress["wait_id"], progress["wake_pending"]) == ("resp_1", False)


@pytest.mark.usefixtures("running")
def test_outputs_that_were_not_sent_in_time_are_due_again(
    load_event: Callable[..., Any], services: Services
) -> None:
    """The state machine gave SubmitToolOutputs up: the response that called is not read again."""
    event = load_event("check_status", "in_progress")
    event["progress"] |= {"status": "queued", "asked": True}

    progress = handler(event, stage.Context(), services)

    assert (progress["status"], progress["asked"]) == ("queued", True)


@pytest.mark.usefixtures("running")
def test_outputs_that_were_sent_are_not_due_again(
    load_event: Callable[..., Any], services: Services, provider: ScriptedProvider
) -> None:
    """The state machine waited in vain for the webhook: the new response is read."""
    services.runs.change(stage.stored_run(services), round=1)
    provider.retrieves.append(working())
    event = load_event("check_status", "in_progress")
    event["progress"] |= {"status": "queued", "asked": True}

    assert handler(event, stage.Context(), services)["status"] == "in_progress"


@pytest.mark.usefixtures("running")
def test_long_run_postpones_its_sweep_once(
    services: Services,
    provider: ScriptedProvider,
    check: Callable[[], dict[str, Any]],
    clock: StandingClock,
) -> None:
    """A run at work is not swept before its deadline; a short run never writes for it."""
    run = stage.stored_run(services)
    provider.retrieves.extend([working()] * 3)

    check()
    first = stage.stored_run(services).sweep_at
    clock.advance(MARGIN)
    check()
    check()

    assert first == run.sweep_at
    assert stage.stored_run(services).sweep_at == last_sweep(run.deadline)


@pytest.mark.usefixtures("running")
def test_retry_after_of_a_check_is_waited_for_in_the_state_machine(
    provider: ScriptedProvider, check: Callable[[], dict[str, Any]]
) -> None:
    """The function returns at once, and the run is checked after 90 s."""
    provider.retrieves.append(ProviderRateLimitedError("slow down", retry_after=90))

    progress = check()

    assert (progress["status"], progress["delay_seconds"]) == ("in_progress", 90)
