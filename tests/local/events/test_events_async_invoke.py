"""Asynchronous invocations: retries, destinations and dead-letter queues."""

import threading
from typing import Any

import pytest

from local.aws.functions import InvokeError
from local.events import NotQuietError, UnknownFunctionError
from tests.local.events.conftest import Aws, Listen
from tests.local.events.stack import Functions, ManualClock, deployment, function_arn


def _fail(_: dict[str, Any]) -> None:
    raise ValueError("disk full")


def test_an_event_reaches_its_function_once(listen: Listen) -> None:
    """A function that succeeds is run once, by whatever name it was addressed."""
    functions = Functions()
    sources = listen(deployment("Archive"), functions)

    for name in ("Archive", function_arn("Archive"), function_arn("Archive") + ":$LATEST"):
        sources.invoke_async(name, b'{"n": 1}')
    sources.drain(10)

    assert functions.calls == [("Archive", {"n": 1})] * 3


def test_an_unknown_function_is_refused(listen: Listen) -> None:
    """A name that is not deployed is the caller's error."""
    with pytest.raises(UnknownFunctionError, match="no function Nobody"):
        listen(deployment("Archive"), Functions()).invoke_async("Nobody", b"{}")


def test_a_failing_event_is_tried_three_times(listen: Listen, clock: ManualClock, aws: Aws) -> None:
    """Retries come one and two minutes later; then the destination gets the invocation record."""
    queue = aws.queue()
    functions = Functions(Archive=_fail)
    sources = listen(deployment("Archive", on_failure_queue=queue), functions)

    sources.invoke_async("Archive", b'{"key": "a"}')
    clock.ring_next()
    clock.ring_next()
    sources.drain(10)

    assert clock.asked == [60.0, 120.0]
    assert functions.events == [{"key": "a"}] * 3
    [(record, _)] = aws.messages(queue)
    assert record.pop("timestamp").endswith("Z")
    assert len(record["requestContext"].pop("requestId")) == 36
    assert record == {
        "version": "1.0",
        "requestContext": {
            "functionArn": function_arn("Archive") + ":$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": {"key": "a"},
        "responseContext": {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled",
        },
        "responsePayload": {
            "errorType": "ValueError",
            "errorMessage": "disk full",
            "stackTrace": [],
        },
    }


def test_a_retry_that_succeeds_leaves_nothing_behind(
    listen: Listen, clock: ManualClock, aws: Aws
) -> None:
    """A passing fault costs one retry and no message."""
    broken = [True]
    queue = aws.queue()
    functions = Functions(Archive=lambda event: _fail(event) if broken and broken.pop() else "ok")
    sources = listen(deployment("Archive", on_failure_queue=queue), functions)

    sources.invoke_async("Archive", b"{}")
    clock.ring_next()
    sources.drain(10)

    assert len(functions.calls) == 2
    assert aws.messages(queue) == []


def test_a_dead_letter_queue_gets_the_event_itself(listen: Listen, aws: Aws) -> None:
    """A DeadLetterConfig receives the plain event with the error in its attributes."""
    queue = aws.queue()
    declared = {"Properties": {"DeadLetterConfig": {"TargetArn": queue}}}
    deployed = deployment(
        "Archive",
        resources={"Archive": {"Type": "AWS::Lambda::Function", **declared}},
        on_failure_queue=queue,
        retries=0,
    )
    sources = listen(deployed, Functions(Archive=_fail))

    sources.invoke_async("Archive", b'{"key": "a"}')
    sources.drain(10)

    [(body, attributes)] = aws.messages(queue)
    assert body == {"key": "a"}
    assert len(attributes.pop("RequestID")) == 36
    assert attributes == {"ErrorCode": "200", "ErrorMessage": "disk full"}


def test_a_function_can_have_both_kinds_of_queue(listen: Listen, aws: Aws) -> None:
    """Destination and dead-letter queue each get their own message."""
    letters, records = aws.queue(), aws.queue()
    resources = {
        "Archive": {
            "Type": "AWS::Lambda::Function",
            "Properties": {"DeadLetterConfig": {"TargetArn": letters}},
        },
        "Config": {
            "Type": "AWS::Lambda::EventInvokeConfig",
            "Properties": {
                "FunctionName": "Archive",
                "DestinationConfig": {"OnFailure": {"Destination": records}},
            },
        },
    }
    sources = listen(
        deployment("Archive", resources=resources, retries=0), Functions(Archive=_fail)
    )

    sources.invoke_async("Archive", b'{"key": "a"}')
    sources.drain(10)

    assert [body for body, _ in aws.messages(letters)] == [{"key": "a"}]
    assert [body["requestPayload"] for body, _ in aws.messages(records)] == [{"key": "a"}]


def test_a_throttled_event_waits_and_keeps_its_retries(listen: Listen, clock: ManualClock) -> None:
    """No room is no failure: the event comes again after growing pauses."""
    full = [True, True, True]

    def throttle(_: dict[str, Any]) -> None:
        if full and full.pop():
            raise InvokeError("TooManyRequestsException", "Rate Exceeded.", 429)

    functions = Functions(Archive=throttle)
    sources = listen(deployment("Archive", retries=0), functions)

    sources.invoke_async("Archive", b"{}")
    for _ in range(3):
        clock.ring_next()
    sources.drain(10)

    assert clock.asked == [1.0, 2.0, 4.0]
    assert len(functions.calls) == 4


def test_draining_waits_for_retries_too(listen: Listen, clock: ManualClock) -> None:
    """While a retry is due the sources are not quiet, and say so."""
    sources = listen(deployment("Archive"), Functions(Archive=_fail))

    sources.invoke_async("Archive", b"{}")

    with pytest.raises(NotQuietError, match="1 events are not done"):
        sources.drain(0.05)


def test_a_fault_of_the_stack_is_logged_and_ends(
    listen: Listen, caplog: pytest.LogCaptureFixture
) -> None:
    """An exception of the runtime itself neither hangs the drain nor vanishes."""

    def explode(_: dict[str, Any]) -> None:
        raise KeyError("worker pool is gone")

    sources = listen(deployment("Archive"), Functions(Archive=explode))

    sources.invoke_async("Archive", b"{}")
    sources.drain(10)
    sources.close()

    assert "worker pool is gone" in caplog.text


def test_after_closing_nothing_runs_any_more(listen: Listen, clock: ManualClock) -> None:
    """A retry that comes due after the end is dropped without an error."""
    failed = threading.Event()

    def fail(_: dict[str, Any]) -> None:
        failed.set()
        raise ValueError("disk full")

    functions = Functions(Archive=fail)
    sources = listen(deployment("Archive"), functions)
    sources.invoke_async("Archive", b"{}")
    assert failed.wait(10)

    sources.close()
    clock.ring_next()

    assert len(functions.calls) == 1
