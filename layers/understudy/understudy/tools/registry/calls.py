"""One tool call, from the model's arguments to the string that it is answered with."""

import contextvars
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from understudy.domain.failures import places
from understudy.tools.registry.context import ToolContext
from understudy.tools.registry.errors import ToolError, ToolTimeoutError
from understudy.tools.registry.output import encode_error, encode_output

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ToolResult:
    """What the model gets for a call; an error is an output too."""

    output: str
    is_error: bool = False
    error_code: str | None = None


def answer(name: str, run: Callable[[], Any], context: ToolContext, timeout: float) -> ToolResult:
    """Runs a call within its time and turns whatever happens into a result.

    What a tool raises, except ToolError, is logged by class and place and told to the model as
    `tool_failed`, without a word of it in both.
    """
    try:
        return ToolResult(encode_output(_within(run, context.seconds_left(at_most=timeout))))
    except Exception as error:  # noqa: BLE001 - a tool may raise anything; the run must go on
        return failed(name, error, context)


def failed(name: str, error: Exception, context: ToolContext) -> ToolResult:
    """The result of a call that raised."""
    if not isinstance(error, ToolError):
        seen = {"tool": name, "call_id": context.tool_call_id, "where": places(error)}
        logger.error("tool_failed", extra={**seen, "error": type(error).__name__})
        error = ToolError("The tool failed. Trying again with the same arguments may not help.")
    return ToolResult(encode_error(error), is_error=True, error_code=error.code)


def _within(run: Callable[[], Any], seconds: float) -> Any:
    """The result of `run`, or ToolTimeoutError after so many seconds.

    A thread cannot be ended from outside: one that is late is left to finish by itself and its
    result is dropped, so tools carry limits of their own for what they wait for.
    """
    if seconds <= 0:
        raise ToolTimeoutError("There was no time left to call the tool.")
    results: list[Any] = []
    failures: list[BaseException] = []

    def work() -> None:
        try:
            results.append(run())
        except BaseException as failure:  # noqa: BLE001 - raised again in the caller's thread
            failures.append(failure)

    thread = threading.Thread(target=contextvars.copy_context().run, args=(work,), daemon=True)
    thread.start()
    thread.join(seconds)
    if failures:
        raise failures[0]
    if not results:
        raise ToolTimeoutError(f"The tool did not answer within {seconds:.0f} seconds.")
    return results[0]
