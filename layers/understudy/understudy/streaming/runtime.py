"""A Lambda runtime for functions that stream: AWS's managed Python runtime buffers every response.

The loop speaks Lambda's Runtime API over HTTP. A streamed response is one chunked POST: a JSON
prelude with the status and the headers, eight NUL bytes, then the body as it is produced.
Source of the protocol: docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html and
configuration-response-streaming.html.
"""

import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any

VERSION = "/2018-06-01/runtime"
PRELUDE_END = bytes(8)
STREAMED = "application/vnd.awslambda.http-integration-response"
NEXT_SECONDS = 3600 * 24
"""A sandbox may be frozen for hours while it waits for its next invocation."""


@dataclass(frozen=True)
class StreamedResponse:
    """A response whose body is sent while it is produced."""

    status: int
    headers: dict[str, str]
    body: Iterable[bytes]


@dataclass(frozen=True)
class Context:
    """What a handler knows of its invocation, under the names of Lambda's context object."""

    aws_request_id: str
    invoked_function_arn: str
    deadline_ms: int
    now_ms: Callable[[], int] = field(repr=False)

    def get_remaining_time_in_millis(self) -> int:
        """Returns the milliseconds until Lambda ends the invocation."""
        return max(0, self.deadline_ms - self.now_ms())


Handler = Callable[[dict[str, Any], Context], StreamedResponse]


def serve_forever(handler: Handler, now_ms: Callable[[], int]) -> None:
    """Answers invocations, one after the other, until Lambda ends the process."""
    address = os.environ["AWS_LAMBDA_RUNTIME_API"]
    while True:
        serve_one(address, handler, now_ms)


def serve_one(address: str, handler: Handler, now_ms: Callable[[], int]) -> None:
    """Takes the next invocation from the Runtime API at `address` and streams its response.

    A handler that raises before its response is an error of the invocation. A body that raises
    later ends the response early: the client sees that it is incomplete and may reopen the stream.
    """
    connection = HTTPConnection(address, timeout=NEXT_SECONDS)
    try:
        connection.request("GET", f"{VERSION}/invocation/next")
        found = connection.getresponse()
        event = json.loads(found.read())
        request_id = found.headers["Lambda-Runtime-Aws-Request-Id"]
        os.environ["_X_AMZN_TRACE_ID"] = found.headers.get("Lambda-Runtime-Trace-Id", "")
        context = Context(
            request_id,
            found.headers.get("Lambda-Runtime-Invoked-Function-Arn", ""),
            int(found.headers.get("Lambda-Runtime-Deadline-Ms", "0")),
            now_ms,
        )
        try:
            response = handler(event, context)
        except Exception as error:  # noqa: BLE001  reported to Lambda, by its class only
            _post(connection, request_id, "error", {"errorType": type(error).__name__})
            return
        _stream(connection, request_id, response)
    finally:
        connection.close()


def _post(connection: HTTPConnection, request_id: str, what: str, body: object) -> None:
    headers = {"content-type": "application/json"}
    path = f"{VERSION}/invocation/{request_id}/{what}"
    connection.request("POST", path, json.dumps(body), headers)
    connection.getresponse().read()


def _stream(connection: HTTPConnection, request_id: str, response: StreamedResponse) -> None:
    headers = {
        "Content-Type": STREAMED,
        "Lambda-Runtime-Function-Response-Mode": "streaming",
        "Transfer-Encoding": "chunked",
    }
    path = f"{VERSION}/invocation/{request_id}/response"
    connection.request("POST", path, _chunks(response), headers, encode_chunked=True)
    connection.getresponse().read()


def _chunks(response: StreamedResponse) -> Iterator[bytes]:
    prelude = {"statusCode": response.status, "headers": response.headers}
    yield json.dumps(prelude).encode() + PRELUDE_END
    yield from (piece for piece in response.body if piece)
