"""pydantic's findings in the words and codes of the original's error bodies."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from understudy.errors import InvalidRequestError

Model = TypeVar("Model", bound=BaseModel)

EXPECTED = {
    "string_type": "a string",
    "int_type": "an integer",
    "int_parsing": "an integer",
    "int_from_float": "an integer",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "a boolean",
    "bool_parsing": "a boolean",
    "list_type": "an array",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
}
LENGTHS = {
    "string_too_long": ("string", "maximum", "max_length", "string_above_max_length"),
    "string_too_short": ("string", "minimum", "min_length", "string_below_min_length"),
    "too_long": ("array", "maximum", "max_length", "array_above_max_length"),
    "too_short": ("array", "minimum", "min_length", "array_below_min_length"),
}
BOUNDS = {
    "greater_than_equal": ("below minimum value", ">=", "ge", "below_min_value"),
    "greater_than": ("below minimum value", ">", "gt", "below_min_value"),
    "less_than_equal": ("above maximum value", "<=", "le", "above_max_value"),
    "less_than": ("above maximum value", "<", "lt", "above_max_value"),
}
NAMES = {str: "a string", bool: "a boolean", int: "an integer", float: "a decimal number"}


def parse(model: type[Model], value: Mapping[str, Any]) -> Model:
    """The value as a model. Raises InvalidRequestError on the first thing that is wrong."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        findings = error.errors(include_url=False)
        # In a union the branch that got furthest knows best what was meant.
        raise explained(max(findings, key=lambda finding: len(finding["loc"]))) from error


def explained(finding: Any) -> InvalidRequestError:
    """One of pydantic's findings as an error of the API."""
    kind, context = finding["type"], finding.get("ctx", {})
    param = path_of(finding["loc"])
    given = finding.get("input")
    if kind == "missing":
        return InvalidRequestError(
            f"Missing required parameter: '{param}'.",
            param=param,
            code="missing_required_parameter",
        )
    if kind == "extra_forbidden":
        return InvalidRequestError(
            f"Unknown parameter: '{param}'.", param=param, code="unknown_parameter"
        )
    if kind in EXPECTED:
        text = f"expected {EXPECTED[kind]}, but got {named(given)} instead."
        return InvalidRequestError(
            f"Invalid type for '{param}': {text}", param=param, code="invalid_type"
        )
    if kind in LENGTHS:
        return _length(kind, context, param, given)
    if kind in BOUNDS:
        return _bound(kind, context, param, given)
    if kind in ("literal_error", "enum", "union_tag_invalid"):
        supported = context.get("expected") or context.get("expected_tags") or ""
        supported = str(supported).replace(" or ", ", ")
        value = context.get("tag", given)
        return InvalidRequestError(
            f"Invalid value: '{value}'. Supported values are: {supported}.",
            param=param,
            code="invalid_value",
        )
    reason = str(finding.get("msg", "not valid")).removeprefix("Value error, ")
    return InvalidRequestError(f"Invalid '{param}': {reason}.", param=param, code="invalid_value")


def path_of(loc: tuple[int | str, ...]) -> str:
    """`("tools", 0, "function", "name")` as `tools[0].function.name`.

    Steps that name a branch of a union are pydantic's, not the caller's, and are left out.
    """
    path = ""
    for step in loc:
        if isinstance(step, int):
            path += f"[{step}]"
        elif not _is_branch(step):
            path += f".{step}" if path else step
    return path


def _is_branch(step: str) -> bool:
    branches = ("constrained-", "function-", "list[", "literal[", "tagged-union")
    tags = {"str", "other", "code_interpreter", "file_search", "function"}
    return step.startswith(branches) or step in tags or step[:1].isupper()


def named(value: Any) -> str:
    """The JSON type of a value, with its article."""
    if value is None:
        return "null"
    for kind, name in NAMES.items():
        if type(value) is kind:
            return name
    return "an array" if isinstance(value, list | tuple) else "an object"


def _length(kind: str, context: Any, param: str, given: Any) -> InvalidRequestError:
    what, which, limit, code = LENGTHS[kind]
    if isinstance(given, Mapping):
        what, code = "object", code.replace("array", "object").replace("length", "properties")
    article = "an" if what in ("array", "object") else "a"
    side = "long" if which == "maximum" else "short"
    length = len(given) if given is not None else 0
    return InvalidRequestError(
        f"Invalid '{param}': {what} too {side}. Expected {article} {what} with {which} length "
        f"{context.get(limit)}, but got {article} {what} with length {length} instead.",
        param=param,
        code=code,
    )


def _bound(kind: str, context: Any, param: str, given: Any) -> InvalidRequestError:
    text, sign, limit, code = BOUNDS[kind]
    what = "decimal" if isinstance(given, float) else "integer"
    return InvalidRequestError(
        f"Invalid '{param}': {what} {text}. Expected a value {sign} {context.get(limit)}, "
        f"but got {given} instead.",
        param=param,
        code=f"{what}_{code}",
    )
