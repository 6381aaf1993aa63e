"""The timeline of a run, and what it waits for, from what is stored."""

from typing import Any

import pytest
from understudy.domain.budgets import RunBudget
from understudy.domain.decisions import Decision
from understudy.domain.ids import new_id, order_of
from understudy.domain.run_errors import LastError
from understudy.domain.run_outcomes import outcome, waiting_for
from understudy.domain.run_steps import RunStep
from understudy.domain.runs import Run, RunConfig, RunStatus
from understudy.domain.timelines import MAX_TEXT, Event, events
from understudy.domain.tools import CallStatus, RunsOn, ToolCall
from understudy.domain.usage import RoundUsage

START = 1_800_000_000_000
"""When the run is created, in milliseconds."""

Shown = tuple[str, str, str, int, int | None]


def run_of(**fields: Any) -> Run:
    """A run that was created at START."""
    known: dict[str, Any] = {
        "id": new_id("run", order=START),
        "tenant": "acme",
        "thread_id": "thread_1",
        "assistant_id": "asst_1",
        "status": RunStatus.COMPLETED,
        "created_at": START // 1000,
        "deadline": START // 1000 + 600,
        "config": RunConfig(model="gpt-4o", instructions="", approval_tools=["send_invoice"]),
    }
    return Run.model_validate(known | fields)


def used(number: int, started: int, ended: int) -> RoundUsage:
    return RoundUsage(
        response_id=f"resp_{number}",
        model="gpt-4o",
        started_ms=START + started,
        ended_ms=START + ended,
    )


def step_of(usage: RoundUsage | None = None, **fields: Any) -> RunStep:
    known: dict[str, Any] = {
        "id": "step_1",
        "tenant": "acme",
        "thread_id": "thread_1",
        "run_id": "run_1",
        "assistant_id": "asst_1",
        "type": "tool_calls",
        "created_at": START // 1000 + 2,
        "usage": usage,
    }
    return RunStep.model_validate(known | fields)


def call_of(**fields: Any) -> ToolCall:
    known: dict[str, Any] = {
        "call_id": "call_1",
        "tenant": "acme",
        "thread_id": "thread_1",
        "run_id": "run_1",
        "step_id": "step_1",
        "round": 0,
        "position": 0,
        "name": "get_weather",
        "arguments": "{}",
        "runs_on": RunsOn.SERVER,
        "asked_ms": START + 900,
    }
    return ToolCall.model_validate(known | fields)


def shown(found: list[Event]) -> list[Shown]:
    """Returns type, name, status and times after the start of each event."""
    return [
        (
            each.type,
            each.name,
            each.status,
            (each.started_ms or 0) - START,
            None if each.ended_ms is None else each.ended_ms - START,
        )
        for each in found
    ]


def test_run_with_a_tool_is_shown_from_the_queue_to_its_message() -> None:
    """In the order in which things began; each response has its usage."""
    first, second = used(1, 100, 900), used(2, 1_500, 2_000)
    run = run_of(usage=[first, second], response_id="resp_2", ended_at=START // 1000 + 2)
    call = call_of(
        status=CallStatus.DONE, output="rain", started_ms=START + 950, ended_ms=START + 1_400
    )
    message = step_of(
        second, id="step_2", type="message_creation", message_id="msg_1", ended_at=run.ended_at
    )

    found = events(run, [step_of(first), message], [call])

    assert shown(found) == [
        ("queue", "queued", "completed", 0, 100),
        ("model", "gpt-4o", "completed", 100, 900),
        ("tool", "get_weather", "completed", 950, 1_400),
        ("model", "gpt-4o", "completed", 1_500, 2_000),
        ("message", "message", "completed", 2_000, 2_000),
    ]
    assert [each.round for each in found if each.type == "model"] == [1, 2]
    assert found[2].output == "rain"


def test_present_response_of_an_open_run_has_no_end() -> None:
    run = run_of(status=RunStatus.IN_PROGRESS, response_id="resp_1", asked_ms=START + 100)

    assert shown(events(run, [], [])) == [
        ("queue", "queued", "completed", 0, 100),
        ("model", "gpt-4o", "in_progress", 100, None),
    ]


def test_failed_response_is_shown_before_the_one_that_replaced_it() -> None:
    """Both belong to the same round; the failed one has no steps."""
    lost, read = used(1, 100, 900), used(2, 1_000, 2_000)
    run = run_of(usage=[lost, read], response_id="resp_2", ended_at=START // 1000 + 2)

    models = [each for each in events(run, [step_of(read)], []) if each.type == "model"]

    assert [(each.status, each.round) for each in models] == [("failed", 1), ("completed", 1)]


@pytest.mark.parametrize("status", [RunStatus.EXPIRED, RunStatus.CANCELLED, RunStatus.FAILED])
def test_end_of_the_run_ends_what_was_open(status: RunStatus) -> None:
    """The response that was not read and the call without output have the run's status."""
    run = run_of(
        status=status, response_id="resp_1", asked_ms=START + 100, ended_at=START // 1000 + 5
    )
    call = call_of(status=CallStatus.CLOSED, started_ms=START + 950)

    found = events(run, [], [call])

    assert [(each.type, each.status, each.ended_ms) for each in found[1:]] == [
        ("model", status, START + 5_000),
        ("tool", status, START + 5_000),
    ]


def test_run_that_was_never_sent_has_only_its_queue() -> None:
    run = run_of(status=RunStatus.QUEUED, attempts=3)

    [queue] = events(run, [], [])

    assert (queue.status, queue.ended_ms, queue.retries) == ("in_progress", None, 3)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {"status": CallStatus.AWAITING_APPROVAL},
            [("approval", "send_invoice", "in_progress", 900, None)],
        ),
        (
            {
                "status": CallStatus.DONE,
                "decision": Decision.APPROVED,
                "decided_ms": START + 2_000,
                "started_ms": START + 2_100,
                "ended_ms": START + 2_200,
                "output": "sent",
            },
            [
                ("approval", "send_invoice", "completed", 900, 2_000),
                ("tool", "send_invoice", "completed", 2_100, 2_200),
            ],
        ),
        (
            {
                "status": CallStatus.DONE,
                "decision": Decision.REFUSED,
                "decided_ms": START + 2_000,
                "output": "no",
                "failed": True,
            },
            [("approval", "send_invoice", "refused", 900, 2_000)],
        ),
    ],
)
def test_approval_is_an_event_before_the_tool(
    fields: dict[str, Any], expected: list[Shown]
) -> None:
    """A refused tool was never executed."""
    run = run_of(status=RunStatus.REQUIRES_ACTION)

    found = events(run, [], [call_of(name="send_invoice", **fields)])

    assert shown(found[1:]) == expected


def test_long_output_is_cut() -> None:
    call = call_of(status=CallStatus.DONE, output="x" * (MAX_TEXT + 1), ended_ms=START)

    [_, tool] = events(run_of(), [], [call])

    assert tool.output == "x" * MAX_TEXT + f"… ({MAX_TEXT + 1} characters)"


def test_code_interpreter_is_an_event_of_its_own() -> None:
    details = {"input": "print(1)", "outputs": [{"type": "logs", "logs": "1"}]}
    shown_call = {"id": "ci_1", "type": "code_interpreter", "code_interpreter": details}

    [_, tool] = events(run_of(), [step_of(hosted_calls=[shown_call])], [])

    assert (tool.type, tool.name) == ("hosted_tool", "code_interpreter")
    assert (tool.arguments, tool.output) == ("print(1)", "1")


@pytest.mark.parametrize(
    ("status", "call", "who"),
    [
        (RunStatus.REQUIRES_ACTION, {"status": CallStatus.AWAITING_APPROVAL}, "approver"),
        (RunStatus.REQUIRES_ACTION, {"runs_on": RunsOn.CLIENT}, "client"),
        (RunStatus.IN_PROGRESS, {}, "tool"),
        (RunStatus.IN_PROGRESS, {"round": 4}, "model"),
        (RunStatus.QUEUED, {"round": 4}, "worker"),
        (RunStatus.CANCELLING, {}, "worker"),
    ],
)
def test_open_run_says_who_has_to_act(status: RunStatus, call: dict[str, Any], who: str) -> None:
    [waiting] = waiting_for(run_of(status=status), [call_of(**call)])

    assert waiting.who == who


def test_ended_run_waits_for_nothing() -> None:
    assert waiting_for(run_of(), [call_of()]) == []
    assert outcome(run_of(), []) is None


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"status": "expired"}, "time limit of 600 s while it waited for get_weather."),
        ({"status": "cancelled"}, "A client cancelled"),
        ({"status": "incomplete", "incomplete_reason": "content_filter"}, "content filter"),
        (
            {"status": "incomplete", "budget": RunBudget(cap=10_000_000, exceeded=True)},
            "budget of 0.01 USD",
        ),
        (
            {
                "status": "failed",
                "last_error": LastError(code="rate_limit_exceeded", message="Slow down."),
            },
            "billing",
        ),
    ],
)
def test_outcome_says_why_a_run_ended(fields: dict[str, Any], text: str) -> None:
    assert text in (outcome(run_of(**fields), [call_of(status=CallStatus.CLOSED)]) or "")


def test_order_is_read_from_an_id() -> None:
    """An id of another system has none."""
    assert order_of(new_id("run", order=START)) == START
    with pytest.raises(ValueError, match="run_abc"):
        order_of("run_abc")
