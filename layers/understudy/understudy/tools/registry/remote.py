"""Remote tools: Lambda functions in any language, declared in the parameter RemoteTools."""

import json
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator

from understudy.tools.registry.arguments import check_arguments, check_length
from understudy.tools.registry.errors import (
    InvalidArgumentsError,
    ToolDeclarationError,
    ToolError,
)
from understudy.tools.registry.tool import (
    DEFAULT_TIMEOUT_SECONDS,
    MAX_TIMEOUT_SECONDS,
    NAME,
    ToolContext,
)

LAMBDA_ARN = (
    r"^arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]{1,64}(:[A-Za-z0-9$_-]+)?$"
)


class RemoteInvoker(Protocol):
    """Invokes a Lambda function and waits for its result."""

    def __call__(self, arn: str, payload: dict[str, Any], timeout_seconds: float, /) -> Any:
        """Returns the decoded JSON result. Raises ToolError if the function failed."""
        ...


class RemoteTool(BaseModel):
    """One entry of RemoteTools. `parameters` is a JSON Schema of type object."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=NAME.pattern)
    arn: str = Field(pattern=LAMBDA_ARN)
    description: str = Field(min_length=1, max_length=4000)
    parameters: dict[str, Any]
    side_effects: bool = True
    requires_approval: bool = False
    timeout_seconds: float = Field(default=DEFAULT_TIMEOUT_SECONDS, gt=0, le=MAX_TIMEOUT_SECONDS)

    @field_validator("parameters")
    @classmethod
    def _is_an_object_schema(cls, schema: dict[str, Any]) -> dict[str, Any]:
        if schema.get("type") != "object":
            raise ValueError("parameters must be a JSON Schema of type object")
        return schema


def parse_remote_tools(configuration: str) -> tuple[RemoteTool, ...]:
    """Returns the tools of a JSON array; an empty text declares none.

    Raises ToolDeclarationError if an entry is invalid or a name is used twice.
    """
    if not configuration.strip():
        return ()
    try:
        tools = TypeAdapter(tuple[RemoteTool, ...]).validate_json(configuration)
    except ValidationError as error:
        raise ToolDeclarationError(f"remote tools: {error}") from error
    if len({tool.name for tool in tools}) < len(tools):
        raise ToolDeclarationError("remote tools: two tools have the same name")
    return tools


def remote_payload(tool: RemoteTool, arguments: str, context: ToolContext) -> dict[str, Any]:
    """Returns the event for the Lambda function: the tool's name, the arguments and the caller.

    Raises InvalidArgumentsError if the arguments are not a JSON object that matches the schema.
    """
    check_length(arguments)
    try:
        given = json.loads(arguments or "{}", parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise InvalidArgumentsError("The arguments are not a JSON object.") from None
    if not isinstance(given, dict):
        raise InvalidArgumentsError("The arguments are not a JSON object.")
    check_arguments(tool.parameters, given)
    names = ("tenant", "user_id", "thread_id", "run_id", "tool_call_id")
    caller = {name: getattr(context, name) for name in names}
    return {"tool": tool.name, "arguments": given, "context": caller}


def not_connected(_arn: str, _payload: dict[str, Any], _timeout_seconds: float, /) -> Any:
    """Raises an error: the invoker of a function that may list remote tools but not call them."""
    raise ToolError("This tool cannot be called by this function.")


def _refuse_constant(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")
