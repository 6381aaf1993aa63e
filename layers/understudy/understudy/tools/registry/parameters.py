"""A function's signature as a pydantic model: its JSON schema, and the check of arguments."""

import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from understudy.tools.registry.context import ToolContext
from understudy.tools.registry.errors import InvalidArgumentsError, ToolDeclarationError

MAX_ARGUMENTS = 100_000
"""Characters of a call's arguments; a model's own limit is far below."""

MAX_PROBLEMS = 5

ACCEPTED_KINDS = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


class _Schema(GenerateJsonSchema):
    """pydantic's schema without the titles that repeat every name."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        described = super().model_schema(schema)
        described.pop("title", None)
        return described


def takes_context(function: Callable[..., Any]) -> bool:
    """Whether the first parameter is a ToolContext, which no schema shows."""
    parameters = list(inspect.signature(function).parameters)
    return bool(parameters) and get_type_hints(function).get(parameters[0]) is ToolContext


def arguments_model(
    function: Callable[..., Any], descriptions: Mapping[str, str]
) -> type[BaseModel]:
    """A model with one field for each parameter that the model may fill.

    Raises ToolDeclarationError for a parameter without a type, `*args` and `**kwargs`, and for
    an entry under `Args:` that names no parameter.
    """
    hints = get_type_hints(function, include_extras=True)
    parameters = list(inspect.signature(function).parameters.values())
    fields: dict[str, Any] = {}
    for parameter in parameters[1:] if takes_context(function) else parameters:
        if parameter.kind not in ACCEPTED_KINDS or parameter.name not in hints:
            problem = f"parameter {parameter.name} needs a type and a name of its own"
            raise ToolDeclarationError(f"{function.__name__}: {problem}")
        fields[parameter.name] = _field(parameter, hints[parameter.name], descriptions)
    if strangers := set(descriptions) - set(fields):
        raise ToolDeclarationError(f"{function.__name__}: no parameter named {min(strangers)}")
    config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
    model: type[BaseModel] = create_model(function.__name__, __config__=config, **fields)
    return model


def _field(parameter: inspect.Parameter, hint: Any, descriptions: Mapping[str, str]) -> Any:
    required = parameter.default is inspect.Parameter.empty
    description = descriptions.get(parameter.name)
    info = Field(description=description) if description else Field()
    return (Annotated[hint, info], ... if required else parameter.default)


def parameters_schema(model: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema of a tool's arguments, as a function definition shows it."""
    schema = model.model_json_schema(schema_generator=_Schema)
    schema.setdefault("properties", {})
    return schema


def parse_arguments(model: type[BaseModel], arguments: str) -> dict[str, Any]:
    """The arguments of one call as keyword arguments.

    Types are strict: `"5"` is no integer. Raises InvalidArgumentsError with what is wrong where.
    """
    check_length(arguments)
    try:
        parsed = model.model_validate_json(arguments or "{}")
    except ValidationError as error:
        raise InvalidArgumentsError(_problems(error)) from None
    return {name: getattr(parsed, name) for name in model.model_fields}


def check_length(arguments: str) -> None:
    """Raises InvalidArgumentsError for arguments that are too long to be read at all."""
    if len(arguments) > MAX_ARGUMENTS:
        raise InvalidArgumentsError(f"The arguments are longer than {MAX_ARGUMENTS} characters.")


def _problems(error: ValidationError) -> str:
    problems = error.errors(include_input=False, include_url=False, include_context=False)
    named = [
        f"{'.'.join(map(str, each['loc'])) or 'arguments'}: {each['msg']}" for each in problems
    ]
    return "The arguments do not fit. " + "; ".join(name[:200] for name in named[:MAX_PROBLEMS])
