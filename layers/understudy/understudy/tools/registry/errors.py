"""Errors of tool calls, with messages for the model.

ToolError                     `code` and message become the call's output
├── UnknownToolError          no tool has that name
├── InvalidArgumentsError     not JSON, too long, or against the schema
├── ToolTimeoutError          the tool did not return in time
├── InvalidOutputError        the tool returned a value without a JSON form
├── QueryRefusedError         the SQL guard rejected the statement
└── DatabaseError             the database could not run the query

ToolDeclarationError          an invalid declaration: raised at import, never shown to a model
"""

from typing import ClassVar

from understudy.errors import UnderstudyError


class ToolError(UnderstudyError):
    """A failure whose message the model receives.

    The message must help the model and contain no host name, credential or traceback. Your own
    tools may raise it. For any other exception the model receives a fixed message.
    """

    code: ClassVar[str] = "tool_failed"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class UnknownToolError(ToolError):
    """No tool has exactly this name."""

    code = "unknown_tool"


class InvalidArgumentsError(ToolError):
    """The arguments are not JSON, are too long, or do not match the tool's schema."""

    code = "invalid_arguments"


class ToolTimeoutError(ToolError):
    """The tool did not return within its timeout or before the run's deadline."""

    code = "timeout"


class InvalidOutputError(ToolError):
    """The tool returned a value without a JSON form."""

    code = "invalid_output"


class QueryRefusedError(ToolError):
    """The SQL guard rejected a statement. The message says what to change."""

    code = "query_refused"


class DatabaseError(ToolError):
    """The database could not run the query. The message names no host and no other table."""

    code = "query_failed"


class ToolDeclarationError(UnderstudyError):
    """A tool's function, file name or configuration is invalid. `docs/tools.md` has the rules."""
