"""pydantic's validation errors with the texts and codes of OpenAI's error bodies."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from understudy.errors import InvalidRequestError

Model = TypeVar("Model", bound=BaseModel)
Finding = Mapping[str, Any]

EXPECTED = {
    "string_type": "a string",
    "int_type": "an integer",
    "int_parsing": "an integer",
    "int_from_float": "an integer",
    "float_type": "a decimal number",
    "float_parsing": "a decimal number",
    "bool_type": "a boolean",
    "bool_parsing": "a boolean",
    "list_type": "an array",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
}
LENGTHS = {
    "string_too_long": ("maximum", "max_length", "above_max_length"),
    "string_too_short": ("minimum", "min_length", "below_min_length"),
    "too_long": ("maximum", "max_length", "above_max_length"),
    "too_short": ("minimum", "min_length", "below_min_length"),
}
BOUNDS = {
    "greater_than_equal": ("below minimum value", ">=", "ge", "below_min_value"),
    "greater_than": ("below minimum value", ">", "gt", "below_min_value"),
    "less_than_equal": ("above maximum value", "<=", "le", "above_max_value"),
    "less_than": ("above maximum value", "<", "lt", "above_max_value"),
}
CHOICES = ("literal_error", "enum", "union_tag_invalid")
NAMES = {str: "a string", bool: "a boolean", int: "an integer", float: "a decimal number"}


def parse(model: type[Model], value: Mapping[str, Any], *, strict: bool = True) -> Model:
    """Returns the value as a model. Raises InvalidRequestError for the first error in it.

    Bodies are strict: `"1"` is not a number. Queries consist of strings, so they are not.
    """
    try:
        return model.model_validate(value, strict=strict)
    except ValidationError as error:
        findings = error.errors(include_url=False)
        raise explained(chosen(findings), value) from error


def chosen(findings: Sequence[Any]) -> Finding:
    """Returns the error to report: the deepest error of the first invalid parameter.

    In a union, the deepest error most likely belongs to the branch that the client meant. Between
    errors of equal depth, one that lists the valid values is preferred to one of the type.

    >>> chosen([
    ...     {"loc": ("content", "str"), "type": "string_type"},
    ...     {"loc": ("content", "list", 0, "text"), "type": "missing"},
    ...     {"loc": ("metadata", "a", "b", "c"), "type": "string_type"},
    ... ])["loc"]
    ('content', 'list', 0, 'text')
    """
    first: Finding = findings[0]
    same = [finding for finding in findings if finding["loc"][:1] == first["loc"][:1]]
    fitting = [finding for finding in same if not _is_other_type(finding)] or same
    found: Finding = max(fitting, key=lambda finding: len(finding["loc"]))
    return found


def _is_other_type(finding: Finding) -> bool:
    """Returns whether a branch of a union was not meant, because it wants another type."""
    wants_text = finding["type"] == "literal_error" and not isinstance(finding.get("input"), str)
    return finding["type"] in EXPECTED or wants_text


def explained(finding: Finding, value: Any) -> InvalidRequestError:
    """Returns one of pydantic's errors as an error of the API."""
    kind, context = finding["type"], finding.get("ctx", {})
    param = path_of(finding, value)
    given = finding.get("input")
    if kind in ("missing", "union_tag_not_found"):
        text = f"Missing required parameter: '{param}'."
        return _invalid(text, param, "missing_required_parameter")
    if kind == "unknown_member":
        param = f"{param}.{context['member']}" if param else str(context["member"])
    if kind in ("extra_forbidden", "unknown_member"):
        return _invalid(f"Unknown parameter: '{param}'.", param, "unknown_parameter")
    if kind in EXPECTED or _is_other_type(finding):
        text = f"expected {EXPECTED.get(kind, 'a string')}, but got {named(given)} instead."
        return _invalid(f"Invalid type for '{param}': {text}", param, "invalid_type")
    if kind in LENGTHS:
        return _length(kind, context, param, given)
    if kind in BOUNDS:
        return _bound(kind, context, param, given)
    if kind in CHOICES:
        supported = context.get("expected") or context.get("expected_tags") or ""
        supported = str(supported).replace(" or ", ", ")
        text = f"'{context.get('tag', given)}'. Supported values are: {supported}."
        return _invalid(f"Invalid value: {text}", param, "invalid_value")
    if kind == "string_pattern_mismatch":
        text = f"Expected a string that matches the pattern '{context.get('pattern')}'."
        text = f"Invalid '{param}': string does not match pattern. {text}"
        return _invalid(text, param, "invalid_value")
    reason = str(finding.get("msg", "not valid")).removeprefix("Value error, ")
    return _invalid(f"Invalid '{param}': {reason}.", param, "invalid_value")


def path_of(finding: Finding, value: Any) -> str:
    """Returns the path of an error as OpenAI writes it.

    pydantic's paths also have the names of union branches, which lead nowhere in the value; they
    are left out.

    >>> given = {"tools": [{"type": "function", "function": {"name": 5}}]}
    >>> steps = ("tools", 0, "function", "function", "name")
    >>> path_of({"loc": steps, "type": "string_type"}, given)
    'tools[0].function.name'
    """
    path, here = "", value
    steps: Sequence[int | str] = finding["loc"]
    for step in steps:
        if isinstance(step, int):
            path += f"[{step}]"
            here = here[step] if isinstance(here, Sequence) and step < len(here) else None
        elif isinstance(here, Mapping) and step in here:
            path += f".{step}" if path else step
            here = here[step]
    kind = finding["type"]
    last = steps[-1] if kind == "missing" else "type" if kind.startswith("union_tag") else None
    if last is not None:
        path += f".{last}" if path else str(last)
    return path


def named(value: Any) -> str:
    """Returns the JSON type of a value, with its article."""
    if value is None:
        return "null"
    for kind, name in NAMES.items():
        if type(value) is kind:
            return name
    return "an array" if isinstance(value, list | tuple) else "an object"


def _invalid(text: str, param: str, code: str) -> InvalidRequestError:
    return InvalidRequestError(text, param=param or None, code=code)


def _length(kind: str, context: Any, param: str, given: Any) -> InvalidRequestError:
    which, limit, code = LENGTHS[kind]
    bound, length = context.get(limit), len(given) if given is not None else 0
    if isinstance(given, Mapping):
        many = "too many" if which == "maximum" else "too few"
        most = "at most" if which == "maximum" else "at least"
        text = (
            f"{many} properties. Expected an object with {most} {bound} properties, "
            f"but got an object with {length} properties instead."
        )
        code = code.replace("length", "properties")
        return _invalid(f"Invalid '{param}': {text}", param, f"object_{code}")
    what, article = ("string", "a") if isinstance(given, str) else ("array", "an")
    side = "long" if which == "maximum" else "short"
    text = (
        f"{what} too {side}. Expected {article} {what} with {which} length {bound}, "
        f"but got {article} {what} with length {length} instead."
    )
    return _invalid(f"Invalid '{param}': {text}", param, f"{what}_{code}")


def _bound(kind: str, context: Any, param: str, given: Any) -> InvalidRequestError:
    text, sign, limit, code = BOUNDS[kind]
    bound = context[limit]
    what = "decimal" if isinstance(bound, float) else "integer"
    sought = f"Expected a value {sign} {bound:g}, but got {given} instead."
    return _invalid(f"Invalid '{param}': {what} {text}. {sought}", param, f"{what}_{code}")
