"""The order and the shapes of a run's events, as in recorded traffic of OpenAI's API."""

from hypothesis import given
from hypothesis import strategies as st
from understudy.domain.runs import RunStatus
from understudy.domain.tools import CallStatus, RunsOn
from understudy.streaming.cursor import START, Cursor
from understudy.streaming.events import RunView, events_after

from tests.unit.streaming.views import (
    PlainRendering,
    a_call,
    a_run,
    a_step,
    names,
    text_step,
)

BEGINNING = ["run.created", "run.queued", "run.in_progress"]
MESSAGE = [
    "run.step.created", "run.step.in_progress", "message.created", "message.in_progress",
    "message.delta", "message.completed", "run.step.completed",
]  # fmt: skip


def test_text_run_has_events_in_recorded_order() -> None:
    view = RunView(a_run(RunStatus.COMPLETED, ended_at=1001), [text_step(1, "Hello")])

    assert names(view) == [*BEGINNING, *MESSAGE, "run.completed"]


def test_function_run_stops_at_requires_action_with_open_step() -> None:
    step = a_step(1, "tool_calls", call_ids=["call_1_0"])
    view = RunView(a_run(RunStatus.REQUIRES_ACTION), [step], calls=[a_call(1)])

    assert names(view) == [
        *BEGINNING, "run.step.created", "run.step.in_progress", "run.step.delta", "run.step.delta",
        "run.requires_action",
    ]  # fmt: skip


def test_stream_after_submit_begins_with_completed_step_and_queued_run() -> None:
    step = a_step(1, "tool_calls", call_ids=["call_1_0"])
    waiting = RunView(a_run(RunStatus.REQUIRES_ACTION), [step], calls=[a_call(1)])
    *_, last = events_after(waiting, START, PlainRendering())
    done = step.model_copy(update={"status": "completed", "ended_at": 1002})
    call = a_call(1, output="sunny", status=CallStatus.DONE)
    run = a_run(RunStatus.COMPLETED, ended_at=1003, round=1)

    view = RunView(run, [done, text_step(2, "Sunny.")], calls=[call])

    assert names(view, last.at) == [
        "run.step.completed", "run.queued", "run.in_progress", *MESSAGE, "run.completed",
    ]  # fmt: skip


def test_server_side_call_does_not_ask_the_client() -> None:
    step = a_step(1, "tool_calls", call_ids=["call_1_0"], status="completed", ended_at=1002)
    call = a_call(1, output="42", status=CallStatus.DONE, runs_on=RunsOn.SERVER)
    view = RunView(a_run(round=1), [step], calls=[call])

    assert names(view) == [
        *BEGINNING, "run.step.created", "run.step.in_progress", "run.step.delta", "run.step.delta",
        "run.step.completed",
    ]  # fmt: skip


def test_live_text_has_deltas_but_no_end_before_it_is_stored() -> None:
    view = RunView(a_run(), live=[text_step(1, "Hel")])

    assert names(view) == [*BEGINNING, *MESSAGE[:5]]


def test_cancelled_run_ends_with_incomplete_message() -> None:
    view = RunView(a_run(RunStatus.CANCELLED, ended_at=1001), [text_step(1, "Hel")])

    assert names(view)[-4:] == [
        "message.incomplete", "run.step.cancelled", "run.cancelling", "run.cancelled",
    ]  # fmt: skip


def test_failed_and_expired_runs_end_with_their_own_event() -> None:
    for status in (RunStatus.FAILED, RunStatus.EXPIRED, RunStatus.INCOMPLETE):
        assert names(RunView(a_run(status, ended_at=1001)))[-1] == f"run.{status}"


def test_only_first_delta_of_a_text_has_annotations() -> None:
    first = RunView(a_run(), live=[text_step(1, "Hel")])
    *_, begun = events_after(first, START, PlainRendering())
    second = RunView(a_run(), live=[text_step(1, "Hello")])
    [more] = events_after(second, begun.at, PlainRendering())

    assert begun.data["delta"]["content"][0]["text"] == {"value": "Hel", "annotations": []}
    assert more.data["delta"]["content"][0]["text"] == {"value": "lo"}


def test_citation_is_a_delta_with_its_own_index() -> None:
    cited = {"type": "file_citation", "text": "【1:0†source】", "start_index": 0, "end_index": 12}
    view = RunView(a_run(), live=[text_step(1, "【1:0†source】", cited)])
    *_, last = events_after(view, START, PlainRendering())

    [part] = last.data["delta"]["content"]
    assert part["text"] == {"annotations": [{"index": 0, **cited}]}


@given(st.text(max_size=40), st.lists(st.integers(0, 40), max_size=6))
def test_reopened_streams_neither_lose_nor_repeat_text(text: str, cuts: list[int]) -> None:
    """A client that reconnects after any event, live or stored, has the whole text once."""
    received, at = "", START
    views = [RunView(a_run(), live=[text_step(1, text[:cut])]) for cut in sorted(cuts)]
    ended = RunView(a_run(RunStatus.COMPLETED, ended_at=1001), [text_step(1, text)])
    for view in [*views, ended]:
        for event in events_after(view, at, PlainRendering()):
            at = Cursor.parse(str(event.at))
            if event.name == "thread.message.delta":
                received += event.data["delta"]["content"][0]["text"]["value"]

    assert received == text
    assert names(ended, at) == []


def test_positions_only_grow() -> None:
    step = a_step(2, "tool_calls", call_ids=["call_2_0"], status="completed", ended_at=1002)
    view = RunView(
        a_run(RunStatus.COMPLETED, ended_at=1003, round=1),
        [text_step(1, "Let me look.", status="completed"), step, text_step(3, "Sunny.")],
        calls=[a_call(2, output="sunny", status=CallStatus.DONE)],
    )
    positions = [event.at for event in events_after(view, START, PlainRendering())]

    assert positions == sorted(set(positions))
