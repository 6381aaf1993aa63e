"""The order and the shapes of a run's events, as in recorded traffic of OpenAI's API."""

from hypothesis import given
from hypothesis import strategies as st
from understudy.domain.runs import RunStatus
from understudy.domain.threads import Thread
from understudy.domain.tools import CallStatus, RunsOn
from understudy.streaming.cursor import START, Cursor
from understudy.streaming.events import RunView, events_after
from understudy.streaming.moments import abandoned_step

from tests.unit.streaming.views import (
    A_SEARCH,
    MARKER,
    ROUND,
    PlainRendering,
    a_call,
    a_citation,
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

    view = RunView(run, [done, text_step(ROUND + 1, "Sunny.")], calls=[call])

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
    view = RunView(a_run(RunStatus.CANCELLED, ended_at=1001), live=[text_step(1, "Hel")])

    assert names(view)[-4:] == [
        "run.cancelling", "message.incomplete", "run.step.cancelled", "run.cancelled",
    ]  # fmt: skip


def test_replay_has_no_message_that_was_never_written() -> None:
    """The run was cancelled before its end would have added the message to the thread."""
    search = a_step(2, "tool_calls", hosted_calls=[A_SEARCH], status="completed", ended_at=1001)
    run = a_run(RunStatus.CANCELLED, ended_at=1001)
    view = RunView(run, [text_step(1, "Hello"), search])

    shown = names(view)

    assert [name for name in shown if name.startswith("message")] == []
    assert "run.step.completed" in shown
    assert shown[-2:] == ["run.cancelling", "run.cancelled"]


def test_stored_message_is_shown_once_it_is_in_the_thread_and_later_steps_follow_it() -> None:
    search = a_step(2, "tool_calls", hosted_calls=[A_SEARCH], status="completed", ended_at=1001)
    steps = [text_step(1, "Hello"), search]

    assert names(RunView(a_run(), steps)) == BEGINNING
    completed = names(RunView(a_run(RunStatus.COMPLETED, ended_at=1001), steps))
    assert completed[: len(BEGINNING + MESSAGE)] == [*BEGINNING, *MESSAGE]


def test_message_that_a_client_saw_begin_is_incomplete_for_it_if_the_run_is_cancelled() -> None:
    """The client had the deltas, and reopens the stream after the run's end."""
    *_, seen = events_after(RunView(a_run(), live=[text_step(1, "Hel")]), START, PlainRendering())
    view = RunView(a_run(RunStatus.CANCELLED, ended_at=1001), [text_step(1, "Hel")])

    assert names(view, seen.at) == [
        "run.cancelling", "message.incomplete", "run.step.cancelled", "run.cancelled",
    ]  # fmt: skip


def test_text_that_an_interrupt_has_kept_is_in_the_replay() -> None:
    step = text_step(1, "Hel", status="cancelled", ended_at=1001)
    view = RunView(a_run(RunStatus.CANCELLED, ended_at=1001), [step])

    assert names(view)[-6:-1] == [
        "message.in_progress", "message.delta", "message.completed", "run.step.cancelled",
        "run.cancelling",
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


def test_citation_is_a_delta_with_marker_and_index() -> None:
    view = RunView(a_run(), live=[text_step(1, f"Six.{MARKER} Or seven.", a_citation(4))])
    deltas = [
        event.data["delta"]["content"][0]["text"]
        for event in events_after(view, START, PlainRendering())
        if event.name == "thread.message.delta"
    ]

    cited = a_citation(4) | {"index": 0, "file_citation": {"file_id": "file-1", "quote": ""}}
    assert deltas == [
        {"value": "Six.", "annotations": []},
        {"value": MARKER, "annotations": [cited]},
        {"value": " Or seven."},
    ]


def test_late_citation_is_sent_after_text_that_was_sent() -> None:
    """The provider cites after the text; nothing of the text is lost or sent again."""
    before = RunView(a_run(), live=[text_step(1, "Six. Or seven.")])
    *_, sent = events_after(before, START, PlainRendering())
    cited = f"Six.{MARKER} Or seven."
    stored = RunView(a_run(RunStatus.COMPLETED), [text_step(1, cited, a_citation(4))])

    [delta, completed, *_] = events_after(stored, sent.at, PlainRendering())

    assert delta.data["delta"]["content"][0]["text"]["value"] == MARKER
    assert completed.data["content"][0]["text"]["value"] == cited


def test_link_to_a_file_is_text_and_its_annotation_follows() -> None:
    path = {"type": "file_path", "text": "sandbox:/a.csv", "start_index": 4, "end_index": 18,
            "file_path": {"file_id": "file-2"}}  # fmt: skip
    view = RunView(a_run(), live=[text_step(1, "See sandbox:/a.csv now", path)])
    texts = [
        event.data["delta"]["content"][0]["text"]
        for event in events_after(view, START, PlainRendering())
        if event.name == "thread.message.delta"
    ]

    assert [text.get("value") for text in texts] == ["See sandbox:/a.csv", None, " now"]
    assert texts[1]["annotations"] == [{"index": 0, **path}]


def test_message_followed_by_other_step_is_completed() -> None:
    """The model goes on after it, so nothing more is added to the message."""
    search = a_step(2, "tool_calls", hosted_calls=[A_SEARCH])
    view = RunView(a_run(), live=[text_step(1, "Let me look."), search])

    assert names(view) == [
        *BEGINNING, *MESSAGE, "run.step.created", "run.step.in_progress", "run.step.delta",
    ]  # fmt: skip


def test_message_after_a_function_call_comes_before_requires_action() -> None:
    step = a_step(1, "tool_calls", call_ids=["call_1_0"])
    said = text_step(2, "I asked.", status="completed", ended_at=1002)
    waiting = RunView(a_run(RunStatus.REQUIRES_ACTION), [step, said], calls=[a_call(1)])

    assert names(waiting)[-8:] == [*MESSAGE, "run.requires_action"]


def test_steps_of_an_abandoned_response_fail_before_those_of_the_next_round() -> None:
    begun = abandoned_step(text_step(1, "Hel"))
    view = RunView(
        a_run(RunStatus.COMPLETED, round=1), [text_step(ROUND + 1, "Hello")], live=[begun]
    )
    events = list(events_after(view, START, PlainRendering()))

    assert [event.name.removeprefix("thread.") for event in events] == [
        *BEGINNING, *MESSAGE[:5], "message.incomplete", "run.step.failed", *MESSAGE,
        "run.completed",
    ]  # fmt: skip
    assert next(e for e in events if e.name.endswith("incomplete")).data["reason"] == "run_failed"


def test_replay_shows_the_calls_for_which_the_run_waited() -> None:
    """Although they have outputs by now."""
    step = a_step(1, "tool_calls", call_ids=["call_1_0"], status="completed", ended_at=1002)
    call = a_call(1, output="sunny", status=CallStatus.DONE)
    view = RunView(a_run(RunStatus.COMPLETED, round=1), [step], calls=[call])

    shown = {event.name: event.data for event in events_after(view, START, PlainRendering())}

    waiting = shown["thread.run.requires_action"]
    assert (waiting["status"], waiting["calls"]) == ("requires_action", ["call_1_0"])


def test_run_that_was_created_with_its_thread_begins_with_the_thread() -> None:
    thread = Thread(id="thread_1", tenant="acme", created_at=1, last_activity=1,
                    ttl_seconds=9, expires_at=10)  # fmt: skip
    view = RunView(a_run(), created_thread=thread)

    assert names(view) == ["created", *BEGINNING]


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
        [text_step(1, "Let me look.", status="completed"), step, text_step(ROUND + 1, "Sunny.")],
        calls=[a_call(2, output="sunny", status=CallStatus.DONE)],
    )
    positions = [event.at for event in events_after(view, START, PlainRendering())]

    assert positions == sorted(set(positions))
