"""Runs one tool call within its timeout and encodes what it returns or raises."""

import contextvars
import json
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic_core import PydanticSerializationError, to_json

from understudy.domain.failures import places
from understudy.tools.registry.errors import InvalidOutputError, ToolError, ToolTimeoutError
from understudy.tools.registry.tool import ToolContext

logger = logging.getLogger(__name__)

MAX_OUTPUT = 60_000
"""Characters of one output, about 15,000 tokens. Longer outputs are cut and marked."""


@dataclass(frozen=True)
class ToolResult:
    """The output that the model receives for a call. An error is an output too."""

    output: str
    is_error: bool = False
    error_code: str | None = None


def run_call(name: str, run: Callable[[], Any], context: ToolContext, timeout: float) -> ToolResult:
    """Runs a call within `timeout` seconds and returns its result; never raises.

    For an exception other than ToolError the class and location are logged and the model receives
    `tool_failed`. The exception's message reaches neither.
    """
    try:
        return ToolResult(encode_output(_within(run, context.seconds_left(at_most=timeout))))
    except Exception as error:  # noqa: BLE001 - a tool may raise anything; the run must continue
        return failed(name, error, context)


def failed(name: str, error: Exception, context: ToolContext) -> ToolResult:
    """Returns the result of a call that raised `error`."""
    if not isinstance(error, ToolError):
        details = {"tool": name, "call_id": context.tool_call_id, "where": places(error)}
        logger.error("tool_failed", extra={**details, "error": type(error).__name__})
        error = ToolError("The tool failed. Trying again with the same arguments may not help.")
    return ToolResult(encode_error(error), is_error=True, error_code=error.code)


def _within(run: Callable[[], Any], seconds: float) -> Any:
    """Returns the result of `run`. Raises its exception, or ToolTimeoutError after `seconds`.

    Python cannot stop a thread. A late call keeps running and its result is dropped, so tools need
    timeouts of their own for HTTP requests and queries.
    """
    if seconds <= 0:
        raise ToolTimeoutError("The run had no time left for this tool call.")
    results: list[Any] = []
    failures: list[BaseException] = []

    def work() -> None:
        try:
            results.append(run())
        except BaseException as failure:  # noqa: BLE001 - re-raised in the caller's thread
            failures.append(failure)

    thread = threading.Thread(target=contextvars.copy_context().run, args=(work,), daemon=True)
    thread.start()
    thread.join(seconds)
    if failures:
        raise failures[0]
    if not results:
        raise ToolTimeoutError(f"The tool did not return within {seconds:.0f} seconds.")
    return results[0]


def encode_output(value: Any) -> str:
    """Returns the value as JSON, or a string unchanged.

    Decimals, dates, UUIDs and enums become strings, bytes become base64, NaN and infinities their
    names. Raises InvalidOutputError for circular structures and objects without a JSON form.
    """
    if isinstance(value, str):
        return _cut(value.encode(errors="replace").decode())
    try:
        return _cut(to_json(value, bytes_mode="base64", inf_nan_mode="strings").decode())
    except (PydanticSerializationError, ValueError, RecursionError) as error:
        message = f"The tool returned a value that is not JSON ({type(value).__name__})."
        raise InvalidOutputError(message) from error


def encode_error(error: ToolError) -> str:
    """Returns the error as a JSON object that the model cannot mistake for a result."""
    return json.dumps({"error": {"code": error.code, "message": error.message}})


def _cut(text: str) -> str:
    if len(text) <= MAX_OUTPUT:
        return text
    marked = {"truncated": True, "total_characters": len(text), "beginning": text[:MAX_OUTPUT]}
    return json.dumps(marked, ensure_ascii=False)
