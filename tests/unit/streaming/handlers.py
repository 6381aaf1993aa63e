"""Handlers for the tests of the runtime, which loads them in a process of its own."""

import sys
from collections.abc import Iterator
from typing import Any

from understudy.streaming.runtime import Context, StreamedResponse

HEADERS = {"content-type": "text/event-stream"}


def count(event: dict[str, Any], context: Context) -> StreamedResponse:
    """Streams `pieces` numbers; waits on the pipe of standard input before each of them."""

    def body() -> Iterator[bytes]:
        for number in range(event["pieces"]):
            assert sys.stdin.readline() == "go\n"
            yield b"%d " % number
            yield b""
        if event.get("then") == "fail":
            raise KeyError("a secret")
        yield context.aws_request_id.encode()

    if event.get("at_once") == "fail":
        raise ValueError("a secret")
    return StreamedResponse(200, HEADERS, body())
