"""The viewer on the real table, with a scripted stream of the provider."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from understudy.domain.base import Json
from understudy.domain.runs import Run, RunStatus
from understudy.domain.translation import translate
from understudy.errors import (
    ProviderRefusedError,
    ProviderUnavailableError,
    ResponseShownError,
    StorageUnavailableError,
)
from understudy.services import Services
from understudy.streaming.cursor import START, Cursor
from understudy.streaming.live_rounds import LiveRounds
from understudy.streaming.viewer import KEEP_ALIVE_SECONDS, RunViewer

from tests.fakes.provider import said
from tests.unit import stage
from tests.unit.conftest import StandingClock
from tests.unit.streaming.views import PlainRendering

HELLO = "Hello, Ada."


class ScriptedStream:
    """The provider's events of one response. Each opening may break off or skip an event."""

    def __init__(self, events: list[Json], *, breaks: list[int] | None = None) -> None:
        self.events = events
        self.breaks = breaks or []
        self.opened: list[int] = []
        self.skip: set[int] = set()
        self.repeat: set[int] = set()
        self.released = threading.Event()
        self.released.set()

    def __call__(self, response_id: str, after: int) -> Iterator[Json]:
        self.opened.append(after)
        stop = self.breaks.pop(0) if self.breaks else None
        skip, self.skip = self.skip, set()
        for number, event in enumerate(self.events):
            if number == stop:
                raise ProviderUnavailableError("the connection broke", code="connection")
            if number <= after or number in skip:
                continue
            if event["type"] == "response.completed":
                assert self.released.wait(30)
            for _ in range(2 if number in self.repeat else 1):
                yield {**event, "sequence_number": number}


def text_events(*pieces: str, end: str = "completed") -> list[Json]:
    """Returns the events of a response with one message."""
    item: Json = {"type": "message", "id": "m", "status": "in_progress", "content": []}
    at = {"output_index": 0, "content_index": 0}
    whole = {"type": "output_text", "text": "".join(pieces), "annotations": []}
    done = {**item, "status": "completed", "content": [whole]}
    return [
        {"type": "response.created"},
        {"type": "response.output_item.added", "output_index": 0, "item": item},
        *({"type": "response.output_text.delta", "delta": piece, **at} for piece in pieces),
        {"type": "response.output_item.done", "output_index": 0, "item": done},
        {"type": f"response.{end}"},
    ]


class Watched:
    """A viewer whose run ends, as the state machine would end it, when it is woken."""

    def __init__(self, services: Services, events: Any, run: Run, wake_after: float = 0) -> None:
        self.services, self.run, self.woken = services, run, 0
        self.end_as = RunStatus.COMPLETED
        self.viewer = RunViewer(
            runs=services.runs,
            run_steps=services.run_steps,
            tool_calls=services.tool_calls,
            live_rounds=lambda: LiveRounds(events, lambda _, result: result, services.now),
            wake=self._wake,
            wake_after=wake_after,
            shown=PlainRendering(),
            now=time.time,
        )

    def _wake(self, run: Run) -> None:
        self.woken += 1
        stored = self.services.runs.get(run.tenant, run.thread_id, run.id)
        assert stored is not None
        if self.end_as is RunStatus.COMPLETED:
            for step in translate(stored, said(HELLO), now=5).steps:
                self.services.run_steps.put(step)
        self.services.runs.end(stored.model_copy(update={"status": self.end_as, "ended_at": 9}))

    def frames(self, after: Cursor = START, **limits: Any) -> list[str]:
        until = limits.get("until", time.time() + 60)
        return [frame.decode() for frame in self.viewer.frames(self.run, after, until=until)]


def values(frames: list[str]) -> list[str]:
    """Returns the texts of the message deltas."""
    import json

    found = []
    for frame in frames:
        fields = dict(line.partition(": ")[::2] for line in frame.splitlines())
        if fields.get("event") == "thread.message.delta":
            found.append(json.loads(fields["data"])["delta"]["content"][0]["text"]["value"])
    return found


def last_events(frames: list[str], count: int) -> list[str]:
    named = [line for frame in frames for line in frame.splitlines() if line.startswith("event")]
    return [line.removeprefix("event: ") for line in named][-count:]


@pytest.fixture
def run(services: Services) -> Run:
    return stage.put_run(
        services, status=RunStatus.IN_PROGRESS, response_id="resp_1", streamed=True
    )


def test_text_arrives_in_the_providers_pieces_and_the_run_is_woken(
    services: Services, run: Run
) -> None:
    watched = Watched(services, ScriptedStream(text_events("Hello", ", ", "Ada.")), run)

    frames = watched.frames()

    assert "".join(values(frames)) == HELLO
    assert watched.woken == 1
    assert last_events(frames, 3) == ["thread.run.step.completed", "thread.run.completed", "done"]


@pytest.mark.parametrize("broken_at", range(1, 5))
def test_broken_stream_is_resumed_after_its_newest_event(
    services: Services, run: Run, broken_at: int
) -> None:
    stream = ScriptedStream(text_events("Hello", ", ", "Ada."), breaks=[broken_at])

    frames = Watched(services, stream, run).frames()

    assert "".join(values(frames)) == HELLO
    assert stream.opened == [-1, broken_at - 1]


def test_run_that_a_webhook_has_woken_is_not_woken_again(services: Services, run: Run) -> None:
    watched = Watched(services, ScriptedStream(text_events(HELLO)), run, wake_after=60)
    frames = []
    for frame in watched.viewer.frames(run, START, until=time.time() + 60):
        frames.append(frame.decode())
        if values(frames) == [HELLO] and not watched.woken:
            watched._wake(run)  # the webhook

    assert watched.woken == 1
    assert last_events(frames, 2) == ["thread.run.completed", "done"]


def test_duplicate_and_missing_events_of_the_provider_change_nothing(
    services: Services, run: Run
) -> None:
    stream = ScriptedStream(text_events("Hello", ", ", "Ada."))
    stream.repeat, stream.skip = {2}, {3}

    frames = Watched(services, stream, run).frames()

    assert "".join(values(frames)) == HELLO
    assert stream.opened == [-1, 2]


def test_stored_text_is_used_when_the_provider_no_longer_streams(
    services: Services, run: Run
) -> None:
    def refused(response_id: str, after: int) -> Iterator[Json]:
        raise ProviderRefusedError("more than 5 minutes old")
        yield {}

    frames = Watched(services, refused, run).frames()

    assert values(frames) == [HELLO]


def test_provider_is_not_asked_five_minutes_after_the_response_was_created(
    services: Services, run: Run, clock: StandingClock
) -> None:
    stream = ScriptedStream(text_events("Hello"))
    services.runs.change(run, started_at=int(clock.now))
    clock.advance(301)
    watched = Watched(services, stream, run)
    threading.Timer(0.3, watched._wake, [run]).start()

    frames = watched.frames()

    assert stream.opened == []
    assert values(frames) == [HELLO]


def test_stream_that_is_reopened_in_the_middle_of_a_text_has_the_rest(
    services: Services, run: Run
) -> None:
    """Another process, which knows nothing of the first one."""
    stream = ScriptedStream(text_events("Hello", ", ", "Ada."))
    first = Watched(services, stream, run)
    received = []
    for frame in first.viewer.frames(run, START, until=time.time() + 60):
        received.append(frame.decode())
        if values(received):
            break  # the function is killed
    newest = dict(line.partition(": ")[::2] for line in received[-1].splitlines())["id"]

    rest = Watched(services, ScriptedStream(stream.events), run).frames(Cursor.parse(newest))

    assert "".join(values([*received, *rest])) == HELLO


def test_response_that_was_shown_is_not_replaced(services: Services, run: Run) -> None:
    stream = ScriptedStream(text_events("Hello", end="failed"))
    watched = Watched(services, stream, run)
    watched.end_as = RunStatus.FAILED

    frames = watched.frames()

    assert values(frames) == ["Hello"]
    assert last_events(frames, 4) == [
        "thread.message.incomplete", "thread.run.step.failed", "thread.run.failed", "done",
    ]  # fmt: skip
    assert stage.stored_run(services).shown_response_id == "resp_1"


def test_retry_of_a_response_is_refused_once_it_was_shown(services: Services, run: Run) -> None:
    assert services.runs.mark_shown(run)

    with pytest.raises(ResponseShownError):
        services.runs.change(run, status=RunStatus.QUEUED, response_id=None)


def test_text_of_a_replaced_response_is_not_shown(services: Services, run: Run) -> None:
    """The run has requested another response before its first text was sent."""
    services.runs.change(run, status=RunStatus.QUEUED, response_id=None)

    assert not services.runs.mark_shown(run)


def test_deleted_thread_ends_the_stream_with_an_error(services: Services, run: Run) -> None:
    services.threads.delete(stage.TENANT, stage.THREAD_ID)

    frames = Watched(services, ScriptedStream([]), run).frames()

    assert last_events(frames, 2) == ["error", "done"]
    assert "thread_deleted" in frames[-2]


def test_unavailable_table_is_read_again(
    services: Services, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    find, failures = services.runs.find, [StorageUnavailableError("throttled")] * 2

    def flaky(*ids: str) -> Run | None:
        if failures:
            raise failures.pop()
        return find(*ids)

    monkeypatch.setattr(services.runs, "find", flaky)

    frames = Watched(services, ScriptedStream(text_events("Hello, ", "Ada.")), run).frames()

    assert "".join(values(frames)) == HELLO


def test_unexpected_error_is_an_event_without_details(
    services: Services, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: str) -> None:
        raise ZeroDivisionError("the user's secret")

    monkeypatch.setattr(services.runs, "find", broken)

    frames = Watched(services, ScriptedStream([]), run).frames()

    assert last_events(frames, 2) == ["error", "done"]
    assert "secret" not in "".join(frames)


def test_keep_alive_is_a_comment_inside_the_next_frame(
    services: Services, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A frame with only a comment crashes Azure's SDK."""
    stream = ScriptedStream(text_events("Hello, ", "Ada."))
    stream.released.clear()
    watched = Watched(services, stream, run)
    began = time.time()
    jump = [0.0]
    object.__setattr__(watched.viewer, "now", lambda: time.time() + jump[0])
    received = ""
    for frame in watched.viewer.frames(run, START, until=began + 10_000):
        received += frame.decode()
        if received.endswith('Ada."}}]}}\n\n') or "Ada." in frame.decode():
            jump[0] = KEEP_ALIVE_SECONDS + 1
        if frame == b": waiting\n":
            stream.released.set()

    frames = received.split("\n\n")[:-1]
    assert ": waiting" in received
    assert all("event: " in frame for frame in frames)
