"""`@server_tool`, which turns a typed and documented function into a server-side tool."""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, get_type_hints

from pydantic import BaseModel

from understudy.tools.registry.arguments import (
    arguments_model,
    parameters_schema,
    parse_arguments,
)
from understudy.tools.registry.errors import ToolDeclarationError

DEFAULT_TIMEOUT_SECONDS = 25.0
MAX_TIMEOUT_SECONDS = 290.0
"""Less than the timeout of the Lambda function that runs tools."""

NAME = re.compile(r"^[a-z][a-z0-9_]{0,63}$")
SECTION = re.compile(r"^(Args|Returns|Raises|Yields|Example|Examples|Note|Notes):\s*$")
ARGUMENT = re.compile(r"^(?P<name>\w+)(?:\s*\([^)]*\))?:\s*(?P<text>.*)$")


@dataclass(frozen=True)
class ToolContext:
    """Identifies the caller of one tool call. The values come from the run, not from the model.

    `deadline` is the time, with time zone, by which the tool must have returned.
    """

    tenant: str
    user_id: str | None
    thread_id: str
    run_id: str
    tool_call_id: str
    deadline: datetime | None = None

    def seconds_left(self, at_most: float) -> float:
        """Returns the seconds until the deadline, between 0 and `at_most`."""
        if self.deadline is None:
            return at_most
        left = (self.deadline - datetime.now(UTC)).total_seconds()
        return max(0.0, min(at_most, left))


@dataclass(frozen=True)
class ServerTool:
    """A tool that is a Python function.

    `side_effects`: a call runs at most once per call id. `requires_approval`: a call waits until
    an API key that may approve calls approves it. `details` returns a sentence that is added to
    the description, for what depends on the deployment.
    """

    function: Callable[..., Any]
    side_effects: bool = False
    requires_approval: bool = False
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS
    details: Callable[[], str] | None = None

    @property
    def name(self) -> str:
        return self.function.__name__

    @cached_property
    def _arguments(self) -> type[BaseModel]:
        _, arguments = read_docstring(self.function)
        return arguments_model(self.function, arguments, skip=int(_takes_context(self.function)))

    @property
    def description(self) -> str:
        text, _ = read_docstring(self.function)
        return f"{text} {self.details()}" if self.details else text

    @property
    def parameters(self) -> dict[str, Any]:
        """Returns the JSON Schema of the arguments."""
        return parameters_schema(self._arguments)

    def run(self, arguments: str, context: ToolContext) -> Any:
        """Validates the arguments, calls the function and returns its result.

        Raises InvalidArgumentsError and every exception of the function.
        """
        given = parse_arguments(self._arguments, arguments)
        if _takes_context(self.function):
            return self.function(context, **given)
        return self.function(**given)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Calls the function directly, without validation."""
        return self.function(*args, **kwargs)


def server_tool(
    *,
    side_effects: bool = False,
    requires_approval: bool = False,
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
    details: Callable[[], str] | None = None,
) -> Callable[[Callable[..., Any]], ServerTool]:
    """Returns a decorator that makes a function a server-side tool.

    The decorator raises ToolDeclarationError if the function has no docstring, a parameter
    without a type, or a name that is not lower case.
    """

    def declare(function: Callable[..., Any]) -> ServerTool:
        tool = ServerTool(function, side_effects, requires_approval, timeout_seconds, details)
        if not NAME.match(tool.name):
            raise ToolDeclarationError(f"{tool.name}: use a lower-case name of up to 64 characters")
        if not read_docstring(function)[0]:
            raise ToolDeclarationError(f"{tool.name}: a tool needs a docstring; the model reads it")
        if not 0 < timeout_seconds <= MAX_TIMEOUT_SECONDS:
            limits = f"more than 0 and at most {MAX_TIMEOUT_SECONDS:.0f}"
            raise ToolDeclarationError(f"{tool.name}: timeout_seconds must be {limits}")
        _ = tool.parameters
        return tool

    return declare


def _takes_context(function: Callable[..., Any]) -> bool:
    """Returns whether the first parameter is a ToolContext, which the schema does not show."""
    parameters = list(inspect.signature(function).parameters)
    return bool(parameters) and get_type_hints(function).get(parameters[0]) is ToolContext


def read_docstring(function: Callable[..., Any]) -> tuple[str, dict[str, str]]:
    """Returns the text before the first section, and the description of each argument."""
    description: list[str] = []
    sections: dict[str, list[str]] = {}
    lines = description
    for line in (inspect.getdoc(function) or "").splitlines():
        if heading := SECTION.match(line):
            lines = sections.setdefault(heading[1], [])
        else:
            lines.append(line)
    return _paragraphs(description), _arguments(sections.get("Args", []))


def _paragraphs(lines: list[str]) -> str:
    paragraphs = "\n".join(lines).strip().split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def _arguments(lines: list[str]) -> dict[str, str]:
    entries: dict[str, list[str]] = {}
    indent: int | None = None
    current: list[str] = []
    for line in filter(str.strip, lines):
        depth = len(line) - len(line.lstrip())
        indent = depth if indent is None else indent
        entry = ARGUMENT.match(line.strip()) if depth == indent else None
        if entry:
            current = entries.setdefault(entry["name"], [])
        current.append(entry["text"] if entry else line.strip())
    return {name: " ".join(texts).strip() for name, texts in entries.items()}
