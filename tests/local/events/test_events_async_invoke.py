"""Asynchronous invocations: retries and dead-letter queues."""

import threading
from typing import Any

import pytest

from local.aws.functions import InvokeError
from local.events import NotQuietError
from tests.limits import WAIT_SECONDS
from tests.local.events.conftest import Aws, Listen
from tests.local.events.stack import Functions, ManualClock, deployment, function_arn


def _fail(_: dict[str, Any]) -> None:
    raise ValueError("disk full")


def test_event_is_delivered_once(listen: Listen) -> None:
    """A function that succeeds runs once, whether addressed by logical id or ARN."""
    functions = Functions()
    sources = listen(deployment("Archive"), functions)

    for name in ("Archive", function_arn("Archive"), function_arn("Archive") + ":$LATEST"):
        sources.invoke_async(name, b'{"n": 1}')
    sources.drain(WAIT_SECONDS)

    assert functions.calls == [("Archive", {"n": 1})] * 3


def test_unknown_function_is_refused(listen: Listen) -> None:
    """The caller gets Lambda's error."""
    with pytest.raises(InvokeError, match="Function not found: Unknown"):
        listen(deployment("Archive"), Functions()).invoke_async("Unknown", b"{}")


def test_failing_event_is_tried_three_times(listen: Listen, clock: ManualClock, aws: Aws) -> None:
    """Retries come one and two minutes later; then the dead-letter queue gets the event."""
    queue = aws.queue()
    functions = Functions(Archive=_fail)
    sources = listen(deployment("Archive", dead_letter_queue=queue), functions)

    sources.invoke_async("Archive", b'{"key": "a"}')
    clock.fire_next()
    clock.fire_next()
    sources.drain(WAIT_SECONDS)

    assert clock.asked == [60.0, 120.0]
    assert functions.events == [{"key": "a"}] * 3
    [(body, attributes)] = aws.messages(queue)
    assert body == {"key": "a"}
    assert len(attributes.pop("RequestID")) == 36
    assert attributes == {"ErrorCode": "200", "ErrorMessage": "disk full"}


def test_successful_retry_sends_no_dead_letter(
    listen: Listen, clock: ManualClock, aws: Aws
) -> None:
    """A temporary error costs one retry and no message."""
    broken = [True]
    queue = aws.queue()
    functions = Functions(Archive=lambda event: _fail(event) if broken and broken.pop() else "ok")
    sources = listen(deployment("Archive", dead_letter_queue=queue), functions)

    sources.invoke_async("Archive", b"{}")
    clock.fire_next()
    sources.drain(WAIT_SECONDS)

    assert len(functions.calls) == 2
    assert aws.messages(queue) == []


def test_throttled_event_backs_off_and_keeps_its_retries(
    listen: Listen, clock: ManualClock
) -> None:
    """Throttling is not a failure: the event is delivered again after growing pauses."""
    full = [True, True, True]

    def throttle(_: dict[str, Any]) -> None:
        if full and full.pop():
            raise InvokeError("TooManyRequestsException", "Rate Exceeded.", 429)

    functions = Functions(Archive=throttle)
    sources = listen(deployment("Archive"), functions)

    sources.invoke_async("Archive", b"{}")
    for _ in range(3):
        clock.fire_next()
    sources.drain(WAIT_SECONDS)

    assert clock.asked == [1.0, 2.0, 4.0]
    assert len(functions.calls) == 4


def test_drain_waits_for_retries(listen: Listen, clock: ManualClock) -> None:
    """A pending retry makes it raise NotQuietError."""
    sources = listen(deployment("Archive"), Functions(Archive=_fail))

    sources.invoke_async("Archive", b"{}")

    with pytest.raises(NotQuietError, match="1 events are not done"):
        sources.drain(0.05)


def test_error_of_runtime_is_logged(listen: Listen, caplog: pytest.LogCaptureFixture) -> None:
    """The event counts as done, so that `drain` returns."""

    def explode(_: dict[str, Any]) -> None:
        raise KeyError("worker pool is gone")

    sources = listen(deployment("Archive"), Functions(Archive=explode))

    sources.invoke_async("Archive", b"{}")
    sources.drain(WAIT_SECONDS)
    sources.close()

    assert "worker pool is gone" in caplog.text


def test_nothing_runs_after_close(listen: Listen, clock: ManualClock) -> None:
    """A retry that is due after closing is dropped without an error."""
    failed = threading.Event()

    def fail(_: dict[str, Any]) -> None:
        failed.set()
        raise ValueError("disk full")

    functions = Functions(Archive=fail)
    sources = listen(deployment("Archive"), functions)
    sources.invoke_async("Archive", b"{}")
    assert failed.wait(WAIT_SECONDS)

    sources.close()
    clock.fire_next()

    assert len(functions.calls) == 1
