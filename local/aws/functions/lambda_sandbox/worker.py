"""A Lambda execution environment: loads a handler once and runs it for one event at a time."""

import importlib
import json
import logging
import os
import random
import re
import runpy
import socket
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from . import frames

Handler = Callable[[Any, "LambdaContext"], Any]
Settings = dict[str, Any]

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
_RESPONSE_LIMIT = 6 * 1024 * 1024


@dataclass(frozen=True)
class LambdaContext:
    """https://docs.aws.amazon.com/lambda/latest/dg/python-context.html"""

    function_name: str
    invoked_function_arn: str
    memory_limit_in_mb: str
    aws_request_id: str
    log_stream_name: str
    deadline_ms: int
    function_version: str = "$LATEST"
    identity: None = None
    client_context: None = None

    @property
    def log_group_name(self) -> str:
        return f"/aws/lambda/{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        return max(0, self.deadline_ms - int(time.time() * 1000))


class _FailureError(Exception):
    """The invocation fails with an error object in place of a result."""

    def __init__(self, kind: str, message: str, trace: list[str] | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.trace = trace or []


def serve(settings: Settings, connection: socket.socket, log_fd: int) -> None:
    """Runs invocations until the other side closes the connection."""
    _take_over(settings["environment"], log_fd)
    if wrapper := settings["environment"].get("AWS_LAMBDA_EXEC_WRAPPER"):
        _run_own_runtime(wrapper)
        return
    try:
        handler: Handler | _FailureError = _load(settings["handler"])
    except _FailureError as failure:
        handler = failure
    while (message := frames.receive(connection)) is not None:
        request, payload = message
        error, answer = _answer(handler, settings, request, payload)
        sys.stdout.flush()
        sys.stderr.flush()
        frames.send(connection, {"error": error}, answer)


def _run_own_runtime(wrapper: str) -> None:
    """Runs the module that the function's wrapper script starts; it never returns."""
    # Layers are folders of sys.path here, and are unpacked into /opt/python on Lambda.
    name = wrapper.removeprefix("/opt/python/").removeprefix("/var/task/")
    folders = [os.environ["LAMBDA_TASK_ROOT"], *sys.path]
    script = next(path for folder in folders if (path := Path(folder, name)).is_file()).read_text()
    started = re.search(r"^exec .* -m ([\w.]+)", script, re.MULTILINE)
    if started is None:
        raise ValueError(f"{wrapper} does not start a module of Python")
    runpy.run_module(started[1], run_name="__main__")


def _take_over(environment: dict[str, str], log_fd: int) -> None:
    os.dup2(log_fd, 1)
    os.dup2(log_fd, 2)
    os.close(log_fd)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    random.seed()
    os.chdir(environment["LAMBDA_TASK_ROOT"])
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    output = logging.StreamHandler(sys.stdout)
    output.setFormatter(logging.Formatter("[%(levelname)s]\t%(asctime)s\t%(message)s"))
    logging.getLogger().addHandler(output)


def _load(handler: str) -> Handler:
    module_name, _, function_name = handler.rpartition(".")
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        message = f"Unable to import module '{module_name}': {error}"
        raise _failed("Runtime.ImportModuleError", message) from error
    except Exception as error:
        raise _failed(type(error).__name__, str(error), _trace(error)) from error
    try:
        loaded: Handler = getattr(module, function_name)
    except AttributeError as error:
        message = f"Handler '{function_name}' missing on module '{module_name}'"
        raise _failed("Runtime.HandlerNotFound", message) from error
    return loaded


def _failed(kind: str, message: str, trace: list[str] | None = None) -> _FailureError:
    print(f"[ERROR] {kind}: {message}", *(trace or ()), sep="\n", flush=True)
    return _FailureError(kind, message, trace)


def _answer(
    handler: Handler | _FailureError, settings: Settings, request: dict[str, Any], payload: bytes
) -> tuple[str | None, bytes]:
    os.environ["_X_AMZN_TRACE_ID"] = request["trace_id"]
    try:
        if isinstance(handler, _FailureError):
            raise handler
        context = LambdaContext(**settings["context"], **request["context"])
        return None, _run(handler, json.loads(payload or b"null"), context)
    except _FailureError as failure:
        body = {
            "errorMessage": str(failure),
            "errorType": failure.kind,
            "requestId": request["context"]["aws_request_id"],
            "stackTrace": failure.trace,
        }
        return "Unhandled", json.dumps(body).encode()


def _run(handler: Handler, event: Any, context: LambdaContext) -> bytes:
    try:
        result = handler(event, context)
    except Exception as error:
        raise _failed(type(error).__name__, str(error), _trace(error)) from error
    try:
        text = json.dumps(result, default=_number, ensure_ascii=False)
    except (TypeError, ValueError) as error:
        message = f"Unable to marshal response: {error}"
        raise _failed("Runtime.MarshalError", message) from error
    answer = text.encode("utf-8", "replace")
    if len(answer) > _RESPONSE_LIMIT:
        raise _failed(
            "Function.ResponseSizeTooLarge",
            "Response payload size exceeded maximum allowed payload size"
            f" ({_RESPONSE_LIMIT} bytes).",
        )
    return answer


def _number(value: Any) -> float | int:
    """Writes decimals as numbers, like Lambda's own serializer."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def _trace(error: BaseException) -> list[str]:
    """Returns the stack frames below this file, as Lambda does."""
    frames_below = traceback.extract_tb(error.__traceback__)[1:]
    return traceback.format_list(frames_below)
