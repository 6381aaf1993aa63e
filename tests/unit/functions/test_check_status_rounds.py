"""Finishes rounds."""

import pytest
from understudy.domain.budgets import RunBudget
from understudy.domain.lists import PageRequest
from understudy.domain.responses import ResponseResult
from understudy.domain.rounds import MAX_CALLS, MAX_CALLS_OF_RUN, RETRY_SECONDS
from understudy.domain.runs import RunStatus
from understudy.domain.usage import run_cost, run_totals
from understudy.errors import RunEndedError
from understudy.services import Services

from functions.check_status.round import rounds
from tests.fakes.provider import called, said, usage
from tests.unit import stage

SCHEMA = ("get_table_schema", '{"table": "sales"}')


def failed(code: str, response_id: str = "resp_1") -> ResponseResult:
    """Returns a response that failed."""
    return ResponseResult(
        id=response_id,
        status="failed",
        model="gpt-6-luna",
        error_code=code,
        error_message="The provider's words.",
    )


@pytest.mark.parametrize("code", ["server_error", "rate_limit_exceeded"])
def test_retryable_failure_is_requested_once_more(services: Services, code: str) -> None:
    """As a new response, after a pause, and only once per run (F067)."""
    run = stage.put_run(services, status=RunStatus.IN_PROGRESS, response_id="resp_1")

    progress = rounds(services).finish(run, failed(code))

    again = stage.stored_run(services)
    assert (again.status, again.response_id) == (RunStatus.QUEUED, None)
    assert (progress.status, progress.delay_seconds) == ("in_progress", RETRY_SECONDS)
    again = services.runs.change(again, status=RunStatus.IN_PROGRESS, response_id="resp_2")
    assert rounds(services).finish(again, failed(code, "resp_2")).status is RunStatus.FAILED


def test_retry_of_a_later_round_sends_the_outputs_again(services: Services) -> None:
    """It continues from the response before the failed one."""
    run = stage.put_run(
        services,
        status=RunStatus.IN_PROGRESS,
        response_id="resp_2",
        previous_response_id="resp_1",
        round=1,
    )

    progress = rounds(services).finish(run, failed("server_error", "resp_2"))

    again = stage.stored_run(services)
    assert (again.response_id, again.round) == ("resp_1", 0)
    assert (progress.round, progress.asked) == (0, True)


def test_usage_of_a_failed_response_is_counted(services: Services) -> None:
    """The provider bills it, so usage and cost include it."""
    run = stage.put_run(services, status=RunStatus.IN_PROGRESS, response_id="resp_1")
    used = usage("resp_1", input_tokens=1000, output_tokens=500)

    rounds(services).finish(run, failed("server_error").model_copy(update={"usage": used}))

    again = stage.stored_run(services)
    assert [turn.response_id for turn in again.usage] == ["resp_1"]
    once = run_cost(again.usage)
    assert once
    again = services.runs.change(again, status=RunStatus.IN_PROGRESS, response_id="resp_2")
    over = failed("invalid_prompt", "resp_2")
    rounds(services).finish(again, over.model_copy(update={"usage": usage("resp_2")}))
    ended = stage.stored_run(services)
    assert run_totals(ended.usage).prompt_tokens == 1100
    assert (run_cost(ended.usage) or 0) > once


def test_run_at_its_cap_is_not_retried(services: Services) -> None:
    """The failed response has used up the cap of the run."""
    run = stage.put_run(
        services,
        status=RunStatus.IN_PROGRESS,
        response_id="resp_1",
        budget=RunBudget(cap=1),
    )

    progress = rounds(services).finish(
        run, failed("server_error").model_copy(update={"usage": usage("resp_1")})
    )

    assert progress.status is RunStatus.FAILED
    assert [turn.response_id for turn in stage.stored_run(services).usage] == ["resp_1"]


@pytest.mark.parametrize("code", ["invalid_prompt", "image_too_large", "brand_new"])
def test_other_failures_fail_the_run_at_once(services: Services, code: str) -> None:
    """The same request would fail again (F067)."""
    run = stage.put_run(services, status=RunStatus.IN_PROGRESS, response_id="resp_1")

    assert rounds(services).finish(run, failed(code)).status is RunStatus.FAILED
    assert stage.stored_run(services).last_error is not None


@pytest.mark.parametrize(("before", "now"), [(0, MAX_CALLS + 1), (MAX_CALLS_OF_RUN, 1)])
def test_too_many_calls_fail_the_run(services: Services, before: int, now: int) -> None:
    """The history of an execution is limited (F041, F044)."""
    run = stage.put_run(services, status=RunStatus.IN_PROGRESS, response_id="resp_1", calls=before)
    calls = called(*((f"call_{number}", *SCHEMA) for number in range(now)))

    assert rounds(services).finish(run, calls).status is RunStatus.FAILED
    assert services.tool_calls.of_run(stage.TENANT, stage.RUN_ID) == []


def test_as_many_calls_as_allowed_are_accepted(services: Services) -> None:
    """The limit itself is allowed."""
    run = stage.put_run(services, status=RunStatus.IN_PROGRESS, response_id="resp_1")
    calls = called(*((f"call_{number}", *SCHEMA) for number in range(MAX_CALLS)))

    assert len(rounds(services).finish(run, calls).server_calls) > 0


@pytest.mark.parametrize("status", ["unknown", "cancelled"])
def test_every_response_status_is_handled(services: Services, status: str) -> None:
    """An unknown status fails the run; a cancel at the provider cancels it (F040)."""
    run = stage.put_run(services, status=RunStatus.IN_PROGRESS, response_id="resp_1")

    progress = rounds(services).finish(run, said("", status=status, output=[]))

    assert progress.status in (RunStatus.FAILED, RunStatus.CANCELLING)


def text_and_call(citing: str | None = None) -> ResponseResult:
    """Returns a response with a text, which may cite a generated file, before a client's call."""
    result = said("Let me look.")
    if citing:
        result.output[0]["content"][0]["annotations"] = [
            {
                "type": "container_file_citation",
                "container_id": "cntr_1",
                "file_id": citing,
                "filename": "chart.png",
                "start_index": 0,
                "end_index": 3,
            }
        ]
    call = {
        "type": "function_call",
        "call_id": "call_1",
        "name": "book_meeting",
        "arguments": "{}",
    }
    return result.model_copy(update={"output": [*result.output, call]})


def test_file_in_a_text_before_calls_can_be_read_at_once(services: Services) -> None:
    """It becomes a file of the thread before the message that cites it."""
    run = stage.put_run(services, status=RunStatus.IN_PROGRESS, response_id="resp_1")

    rounds(services).finish(run, text_and_call("cfile_1"))

    [use] = services.file_uses.of(stage.TENANT, stage.THREAD_ID)
    file = services.files.get(stage.TENANT, use.file_id)
    assert file is not None
    assert (file.filename, file.container_file_id) == ("chart.png", "cfile_1")


def test_repeated_round_adds_its_text_once(services: Services) -> None:
    """The step is retried after a crash."""
    run = stage.put_run(services, status=RunStatus.IN_PROGRESS, response_id="resp_1")

    for _ in range(2):
        rounds(services).finish(run, text_and_call())

    page = services.messages.page(stage.TENANT, stage.THREAD_ID, PageRequest(), run=run)
    assert [message.plain_text() for message in page.items] == ["Let me look."]


def test_round_of_an_ended_run_adds_no_text(services: Services) -> None:
    """The sweep has ended the run while the response was read."""
    run = stage.put_run(services, status=RunStatus.IN_PROGRESS, response_id="resp_1")
    services.runs.end(run.model_copy(update={"status": RunStatus.EXPIRED, "ended_at": 1}))

    with pytest.raises(RunEndedError):
        rounds(services).finish(run, text_and_call())

    assert services.messages.page(stage.TENANT, stage.THREAD_ID, PageRequest(), run=run).items == []
    steps = services.run_steps.of_run(stage.TENANT, stage.THREAD_ID, stage.RUN_ID)
    assert [step.type for step in steps] == []


@pytest.mark.parametrize("limit", [1, 20])
def test_step_of_a_message_that_does_not_exist_is_hidden(services: Services, limit: int) -> None:
    """Until FetchResponse ends the run; for ever if it is cancelled before that."""
    run = stage.put_run(services, status=RunStatus.IN_PROGRESS, response_id="resp_1")
    rounds(services).finish(run, text_and_call())
    run = services.runs.change(run, status=RunStatus.IN_PROGRESS, response_id="resp_2", round=1)
    rounds(services).finish(run, said("Done.", "resp_2"))
    request = PageRequest(limit=limit)

    def shown(status: RunStatus) -> list[str]:
        page = services.run_steps.page(run.model_copy(update={"status": status}), request)
        return [step.type for step in page.items]

    before = ["tool_calls", "message_creation"][:limit]
    assert shown(RunStatus.IN_PROGRESS) == shown(RunStatus.CANCELLED) == before
    assert shown(RunStatus.COMPLETED) == ["message_creation", *before][:limit]
