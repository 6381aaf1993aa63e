"""What can go wrong with a tool call, in words that a model may read.

ToolError                     `code` and message go to the model as the call's output
├── UnknownToolError          nobody registered a tool of that name
├── InvalidArgumentsError     not JSON, too long, or not what the schema says
├── ToolTimeoutError          no answer in time
├── InvalidOutputError        the tool returned what no JSON can hold
├── QueryRefusedError         the SQL guard does not let the statement through
└── DatabaseError             the database did not answer the query

ToolDeclarationError          a tool is declared wrongly: found at import, never shown to a model
"""

from typing import ClassVar

from understudy.errors import UnderstudyError


class ToolError(UnderstudyError):
    """A failure that the model is told about.

    The message must help a model to do better and give nothing away: no host, no credentials,
    no traceback. A tool of one's own may raise it; any other exception is told as `tool_failed`.
    """

    code: ClassVar[str] = "tool_failed"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class UnknownToolError(ToolError):
    """No tool has exactly this name."""

    code = "unknown_tool"


class InvalidArgumentsError(ToolError):
    """The arguments are not JSON, too long, or do not fit the tool's schema."""

    code = "invalid_arguments"


class ToolTimeoutError(ToolError):
    """The tool did not answer within its own time limit or the run's deadline."""

    code = "timeout"


class InvalidOutputError(ToolError):
    """The tool returned a value that cannot be written as JSON."""

    code = "invalid_output"


class QueryRefusedError(ToolError):
    """The SQL guard refuses a statement. The message says what to change."""

    code = "query_refused"


class DatabaseError(ToolError):
    """The database could not answer. Never carries its own words about hosts or other tables."""

    code = "query_failed"


class ToolDeclarationError(UnderstudyError):
    """A tool's function, file name or configuration breaks a rule of `docs/tools.md`."""
