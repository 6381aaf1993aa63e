"""`@server_tool`: what makes a function a tool that runs on our side."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import BaseModel

from understudy.tools.registry.context import ToolContext
from understudy.tools.registry.docstrings import read_docstring
from understudy.tools.registry.errors import ToolDeclarationError
from understudy.tools.registry.parameters import (
    arguments_model,
    parameters_schema,
    parse_arguments,
    takes_context,
)

DEFAULT_TIMEOUT_SECONDS = 25.0
MAX_TIMEOUT_SECONDS = 290.0
"""Below the time of the function that calls tools."""

NAME = re.compile(r"^[a-z][a-z0-9_]{0,63}$")


@dataclass(frozen=True)
class ServerTool:
    """A typed function and what the registry must know of it.

    `side_effects`: a call runs at most once per call id. `requires_approval`: a call waits until
    somebody approves it. `details` adds to the description what only a deployment knows.
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
        return arguments_model(self.function, arguments)

    @property
    def description(self) -> str:
        text, _ = read_docstring(self.function)
        return f"{text} {self.details()}" if self.details else text

    @property
    def parameters(self) -> dict[str, Any]:
        """The JSON schema of the arguments."""
        return parameters_schema(self._arguments)

    def run(self, arguments: str, context: ToolContext) -> Any:
        """Validates the arguments and calls the function.

        Raises InvalidArgumentsError, or whatever the function raises.
        """
        given = parse_arguments(self._arguments, arguments)
        if takes_context(self.function):
            return self.function(context, **given)
        return self.function(**given)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The plain function, for tests and for other code."""
        return self.function(*args, **kwargs)


def server_tool(
    *,
    side_effects: bool = False,
    requires_approval: bool = False,
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
    details: Callable[[], str] | None = None,
) -> Callable[[Callable[..., Any]], ServerTool]:
    """Makes a typed, documented function a server tool.

    Raises ToolDeclarationError at import if the function breaks a rule: a plain lower-case name,
    a docstring, a type for every parameter.
    """

    def declare(function: Callable[..., Any]) -> ServerTool:
        tool = ServerTool(function, side_effects, requires_approval, timeout_seconds, details)
        if not NAME.match(tool.name):
            raise ToolDeclarationError(f"{tool.name}: a tool's name is lower case, 64 at most")
        if not read_docstring(function)[0]:
            raise ToolDeclarationError(f"{tool.name}: a tool needs a docstring, the model reads it")
        if not 0 < timeout_seconds <= MAX_TIMEOUT_SECONDS:
            limits = f"more than 0 and at most {MAX_TIMEOUT_SECONDS:.0f}"
            raise ToolDeclarationError(f"{tool.name}: timeout_seconds must be {limits}")
        _ = tool.parameters
        return tool

    return declare
