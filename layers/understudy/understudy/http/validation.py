"""pydantic's findings in the words and codes of the original's error bodies."""

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
    """The value as a model. Raises InvalidRequestError on the first thing that is wrong.

    A body is read strictly: `"1"` is no number. A query has strings only and is not.
    """
    try:
        return model.model_validate(value, strict=strict)
    except ValidationError as error:
        findings = error.errors(include_url=False)
        raise explained(chosen(findings), value) from error


def chosen(findings: Sequence[Any]) -> Finding:
    """The finding to tell: of the first wrong parameter the one that lies deepest.

    In a union the branch that got furthest knows best what was meant; of branches that failed at
    once, one that says which values are right is worth more than one that wants another type.
    """
    first: Finding = findings[0]
    same = [finding for finding in findings if finding["loc"][:1] == first["loc"][:1]]
    fitting = [finding for finding in same if not _is_other_type(finding)] or same
    found: Finding = max(fitting, key=lambda finding: len(finding["loc"]))
    return found


def _is_other_type(finding: Finding) -> bool:
    """Whether a branch of a union was not meant, because the value has another type."""
    wants_text = finding["type"] == "literal_error" and not isinstance(finding.get("input"), str)
    return finding["type"] in EXPECTED or wants_text


def explained(finding: Finding, value: Any) -> InvalidRequestError:
    """One of pydantic's findings on the value as an error of the API."""
    kind, context = finding["type"], finding.get("ctx", {})
    param = path_of(finding, value)
    given = finding.get("input")
    if kind in ("missing", "union_tag_not_found"):
        text = f"Missing required parameter: '{param}'."
        return _invalid(text, param, "missing_required_parameter")
    if kind == "extra_forbidden":
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
    """`("tools", 0, "function", "function", "name")` as `tools[0].function.name`.

    Where the value branches, pydantic puts the name of the branch into the path; such steps lead
    nowhere in the value that was given, and are left out.
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
    more = {"missing": steps[-1], "union_tag_not_found": "type", "union_tag_invalid": "type"}
    last = more.get(finding["type"])
    if last is not None:
        path += f".{last}" if path else str(last)
    return path


def named(value: Any) -> str:
    """The JSON type of a value, with its article."""
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
