"""A Lambda runtime for functions that stream: AWS's managed Python runtime buffers every response.

The loop speaks Lambda's Runtime API over HTTP. A streamed response is one chunked POST: a JSON
prelude with the status and the headers, eight NUL bytes, then the body as it is produced.
Source of the protocol: docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html and
configuration-response-streaming.html.
"""

import base64
import importlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any, Final

from understudy.observability import log_unforeseen, logger

VERSION: Final = "/2018-06-01/runtime"
PRELUDE_END: Final = bytes(8)
STREAMED: Final = "application/vnd.awslambda.http-integration-response"
ERROR_TYPE: Final = "Lambda-Runtime-Function-Error-Type"
ERROR_BODY: Final = "Lambda-Runtime-Function-Error-Body"
STREAM_ERROR: Final = "Runtime.StreamError"

NEXT_SECONDS: Final = None
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

    @property
    def function_name(self) -> str:
        return os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "")

    @property
    def function_version(self) -> str:
        return os.environ.get("AWS_LAMBDA_FUNCTION_VERSION", "")

    @property
    def memory_limit_in_mb(self) -> str:
        return os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "")

    def get_remaining_time_in_millis(self) -> int:
        """Returns the milliseconds until Lambda ends the invocation."""
        return max(0, self.deadline_ms - int(time.time() * 1000))


Handler = Callable[[dict[str, Any], Context], StreamedResponse]


def main() -> None:
    """Serves the handler that `_HANDLER` names until Lambda ends the process.

    A handler that cannot be loaded is reported to Lambda, and ends the process.
    """
    address = os.environ["AWS_LAMBDA_RUNTIME_API"]
    try:
        handler = load(os.environ["_HANDLER"])
    except Exception as error:  # noqa: BLE001  Lambda logs the class of the error
        log_unforeseen(error)
        _post(HTTPConnection(address), "init/error", error)
        sys.exit(1)
    while True:
        serve_one(address, handler)


def load(name: str) -> Handler:
    """Returns the function that a name such as `stream_run.app.handler` stands for."""
    module, _, function = name.rpartition(".")
    loaded: Handler = getattr(importlib.import_module(module), function)
    return loaded


def serve_one(address: str, handler: Handler) -> None:
    """Takes the next invocation from the Runtime API at `address` and streams its response.

    A handler that raises is an error of the invocation. A body that raises ends the response
    early and marks it as failed: the client sees that it is incomplete.
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
        )
        try:
            response = handler(event, context)
        except Exception as error:  # noqa: BLE001  no detail of an unexpected error may leave the account
            log_unforeseen(error)
            _post(connection, f"invocation/{request_id}/error", error)
            return
        _stream(connection, f"{VERSION}/invocation/{request_id}/response", response)
    except (HTTPException, OSError) as error:  # Lambda no longer takes the response
        logger.warning("response_not_taken", error=type(error).__name__)
    finally:
        connection.close()


def _post(connection: HTTPConnection, what: str, error: Exception) -> None:
    """Reports an error to Lambda, by its class only."""
    kind = type(error).__name__
    headers = {"content-type": "application/json", ERROR_TYPE: kind}
    body = json.dumps({"errorType": kind, "errorMessage": ""})
    connection.request("POST", f"{VERSION}/{what}", body, headers)
    connection.getresponse().read()


def _stream(connection: HTTPConnection, path: str, response: StreamedResponse) -> None:
    """Sends the response in chunks. An error that the body raises is sent in the trailers."""
    connection.putrequest("POST", path)
    connection.putheader("Content-Type", STREAMED)
    connection.putheader("Lambda-Runtime-Function-Response-Mode", "streaming")
    connection.putheader("Transfer-Encoding", "chunked")
    connection.putheader("Trailer", ERROR_TYPE)
    connection.putheader("Trailer", ERROR_BODY)
    connection.endheaders()
    prelude = {"statusCode": response.status, "headers": response.headers}
    _send(connection, json.dumps(prelude).encode() + PRELUDE_END)
    trailers = ""
    for piece in _pieces(response.body):
        if isinstance(piece, Exception):
            log_unforeseen(piece)
            reason = base64.b64encode(type(piece).__name__.encode()).decode()
            trailers = f"{ERROR_TYPE}: {STREAM_ERROR}\r\n{ERROR_BODY}: {reason}\r\n"
        elif piece:  # an empty chunk would end the body
            _send(connection, piece)
    connection.send(f"0\r\n{trailers}\r\n".encode())
    connection.getresponse().read()


def _pieces(body: Iterable[bytes]) -> Iterator[bytes | Exception]:
    """Yields the body, and at its end the error that it raised, if any."""
    try:
        yield from body
    except Exception as error:  # noqa: BLE001  reported to Lambda, by its class only
        yield error


def _send(connection: HTTPConnection, piece: bytes) -> None:
    connection.send(b"%x\r\n%b\r\n" % (len(piece), piece))
