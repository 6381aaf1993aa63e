"""Tools that are other Lambda functions, in any language, declared in the configuration."""

import json
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator

from understudy.tools.registry.context import ToolContext
from understudy.tools.registry.errors import (
    InvalidArgumentsError,
    ToolDeclarationError,
    ToolError,
)
from understudy.tools.registry.json_schema import check_arguments
from understudy.tools.registry.parameters import check_length
from understudy.tools.registry.tool import DEFAULT_TIMEOUT_SECONDS, MAX_TIMEOUT_SECONDS, NAME

LAMBDA_ARN = (
    r"^arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]{1,64}(:[A-Za-z0-9$_-]+)?$"
)


class RemoteInvoker(Protocol):
    """Calls another Lambda function and waits for its answer."""

    def __call__(self, arn: str, payload: dict[str, Any], timeout_seconds: float, /) -> Any:
        """The function's return value, decoded from JSON. Raises ToolError if it failed."""
        ...


class RemoteTool(BaseModel):
    """One entry of the configuration. `parameters` is a JSON schema of type object."""

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
            raise ValueError("parameters must be a JSON schema of type object")
        return schema


def parse_remote_tools(configuration: str) -> tuple[RemoteTool, ...]:
    """The tools of a JSON array; an empty text is none.

    Raises ToolDeclarationError if an entry is wrong or a name comes twice.
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
    """What the other function is sent: the tool's name, the arguments, and whose call it is.

    Raises InvalidArgumentsError for what is not a JSON object that fits the declared schema.
    """
    check_length(arguments)
    try:
        given = json.loads(arguments or "{}", parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise InvalidArgumentsError("The arguments are not a JSON object.") from None
    if not isinstance(given, dict):
        raise InvalidArgumentsError("The arguments are not a JSON object.")
    check_arguments(tool.parameters, given)
    owner = {"tenant": context.tenant, "user_id": context.user_id}
    place = {name: getattr(context, name) for name in ("thread_id", "run_id", "tool_call_id")}
    return {"tool": tool.name, "arguments": given, "context": owner | place}


def not_connected(_arn: str, _payload: dict[str, Any], _timeout_seconds: float, /) -> Any:
    """The invoker of a process that may list remote tools but not call them."""
    raise ToolError("This tool cannot be called from here.")


def _refuse_constant(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")
