"""A tool's arguments: the JSON Schema that describes them, and their validation."""

import inspect
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Annotated, Any, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from understudy.tools.registry.errors import InvalidArgumentsError, ToolDeclarationError

MAX_ARGUMENTS = 100_000
"""Characters of one call's arguments. Models write far fewer."""

MAX_PROBLEMS = 5
MAX_PROBLEM_LENGTH = 200

ACCEPTED_KINDS = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


class _Schema(GenerateJsonSchema):
    """Generates pydantic's schema without the titles, which only repeat the names."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        described = super().model_schema(schema)
        described.pop("title", None)
        return described


def arguments_model(
    function: Callable[..., Any], descriptions: Mapping[str, str], *, skip: int = 0
) -> type[BaseModel]:
    """Returns a pydantic model with a field for every parameter after the first `skip`.

    Raises ToolDeclarationError for `*args`, `**kwargs`, a parameter without a type, and an entry
    under `Args:` that matches no parameter.
    """
    hints = get_type_hints(function, include_extras=True)
    parameters = list(inspect.signature(function).parameters.values())
    fields: dict[str, Any] = {}
    for parameter in parameters[skip:]:
        if parameter.kind not in ACCEPTED_KINDS or parameter.name not in hints:
            problem = f"parameter {parameter.name} needs a type, and cannot be *args or **kwargs"
            raise ToolDeclarationError(f"{function.__name__}: {problem}")
        fields[parameter.name] = _field(parameter, hints[parameter.name], descriptions)
    if unknown := set(descriptions) - set(fields):
        raise ToolDeclarationError(f"{function.__name__}: no parameter named {min(unknown)}")
    config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
    model: type[BaseModel] = create_model(function.__name__, __config__=config, **fields)
    return model


def _field(parameter: inspect.Parameter, hint: Any, descriptions: Mapping[str, str]) -> Any:
    required = parameter.default is inspect.Parameter.empty
    description = descriptions.get(parameter.name)
    info = Field(description=description) if description else Field()
    return (Annotated[hint, info], ... if required else parameter.default)


def parameters_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Returns the JSON Schema of the arguments for the tool's function definition."""
    schema = model.model_json_schema(schema_generator=_Schema)
    schema.setdefault("properties", {})
    return schema


def parse_arguments(model: type[BaseModel], arguments: str) -> dict[str, Any]:
    """Returns the arguments of one call as keyword arguments.

    Types are strict: `"5"` is not accepted as an integer. Raises InvalidArgumentsError, which names
    each invalid argument.
    """
    check_length(arguments)
    try:
        parsed = model.model_validate_json(arguments or "{}")
    except ValidationError as error:
        raise InvalidArgumentsError(_problems(error)) from None
    return {name: getattr(parsed, name) for name in model.model_fields}


def check_length(arguments: str) -> None:
    """Raises InvalidArgumentsError for arguments that are too long to parse."""
    if len(arguments) > MAX_ARGUMENTS:
        raise InvalidArgumentsError(f"The arguments are longer than {MAX_ARGUMENTS} characters.")


def _problems(error: ValidationError) -> str:
    problems = error.errors(include_input=False, include_url=False, include_context=False)
    named = [
        f"{'.'.join(map(str, each['loc'])) or 'arguments'}: {each['msg']}" for each in problems
    ]
    return "The arguments do not match the schema: " + "; ".join(
        name[:MAX_PROBLEM_LENGTH] for name in named[:MAX_PROBLEMS]
    )


def check_arguments(schema: Mapping[str, Any], arguments: Any) -> None:
    """Validates a remote tool's arguments against its JSON Schema (draft 2020-12).

    Raises InvalidArgumentsError, with what the model has to correct, or ToolDeclarationError if
    the schema itself is invalid. References are resolved within the schema only.
    """
    from jsonschema import Draft202012Validator, SchemaError
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    try:
        Draft202012Validator.check_schema(schema)
        validator = Draft202012Validator(schema, registry=Registry())
        wrong = list(islice(validator.iter_errors(arguments), MAX_PROBLEMS))
    except (SchemaError, Unresolvable, RecursionError) as error:
        raise ToolDeclarationError("the remote tool's schema is not valid JSON Schema") from error
    if wrong:
        problems = "; ".join(_problem(each.json_path, each.message) for each in wrong)
        raise InvalidArgumentsError(f"The arguments do not match the schema: {problems}")


def _problem(path: str, message: str) -> str:
    return f"{path}: {message}"[:MAX_PROBLEM_LENGTH]
