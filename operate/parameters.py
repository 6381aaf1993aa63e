"""Template parameters of a deployment: where values come from, and all checks before SAM runs.

Values come from `parameters/STAGE.json`, then from `PARAMETERS="Name=value …"` on the command line.
Every parameter that neither names gets the template's default, so the file describes the whole
deployment. Secrets (NoEcho) come from the environment only; CloudFormation keeps their old values.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from samtranslator.yaml_helper import yaml_parse
from understudy.domain.budgets import Limits
from understudy.settings import read_settings
from understudy.tools.registry import ToolDeclarationError, parse_remote_tools

SECRETS = {"OPENAI_API_KEY": "OpenAIApiKey", "FALLBACK_API_KEY": "FallbackApiKey"}
"""Parameters that are secrets, by the environment variable that holds the value."""

ENVIRONMENT_BYTES = 4096
"""What Lambda allows a function's variables in total, names included."""

RESOURCE_BYTES = 150
"""Estimated length of a variable that holds a resource's name or ARN."""

NAME = re.compile(r"\s*([A-Za-z][A-Za-z0-9]*)=")

Template = Mapping[str, Any]
Values = dict[str, str]


class ParameterError(Exception):
    """The parameters cannot be deployed; each line of the text names one problem."""


def read_template(path: Path) -> Template:
    """Returns the template with CloudFormation's functions in their long forms."""
    parsed: Template = yaml_parse(path.read_text())
    return parsed


def from_file(path: Path) -> Values:
    """Returns the values of a JSON file as text; JSON parameters may be written as JSON."""
    if not path.exists():
        return {}
    try:
        given = json.loads(path.read_text())
    except ValueError as error:
        raise ParameterError(f"{path} is not valid JSON: {error}") from error
    if not isinstance(given, dict):
        raise ParameterError(f"{path} must be a JSON object from parameter names to values")
    return {name: _as_text(value) for name, value in given.items() if value is not None}


def _as_text(value: Any) -> str:
    match value:
        case str():
            return value
        case bool():
            return str(value).lower()
        case list() if not any(isinstance(each, dict | list) for each in value):
            return ",".join(map(str, value))
        case dict() | list():
            return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return str(value)


def from_text(text: str) -> Values:
    """Parses `Name=value Name={"json": "value"} Name='quoted value' Name=` (an empty value)."""
    values, rest = {}, text.strip()
    while rest:
        found = NAME.match(rest)
        if not found:
            raise ParameterError(f"PARAMETERS: expected Name=value at '{rest[:40]}'")
        values[found[1]], rest = _value(found[1], rest[found.end() :])
    return values


def _value(name: str, rest: str) -> tuple[str, str]:
    """Returns the value at the beginning of a text, and what follows it."""
    if rest[:1] in ("{", "["):
        try:
            end = json.JSONDecoder().raw_decode(rest)[1]
        except ValueError as error:
            hint = "put all of PARAMETERS='…' in single quotes"
            raise ParameterError(f"{name} is not valid JSON ({error}); {hint}") from error
        return rest[:end], rest[end:].strip()
    if rest[:1] in ('"', "'"):
        value, closed, rest = rest[1:].partition(rest[0])
        if not closed:
            raise ParameterError(f"{name}: the closing quote is missing")
        return value, rest.strip()
    value, _, rest = rest.partition(" ")
    return value, rest.strip()


def complete(template: Template, *sources: Values, secrets: Values) -> Values:
    """Returns every parameter with its value; later sources win. Secrets may be missing.

    Raises ParameterError for an unknown name, and for a secret in a file or on a command line.
    """
    declared = template["Parameters"]
    given = {name: value for source in sources for name, value in source.items()}
    wrong = [f"{name}: the template has no such parameter" for name in given.keys() - declared]
    for variable, name in SECRETS.items():
        if name in given:
            wrong.append(f"{name} is a secret: set the environment variable {variable} instead")
    if wrong:
        raise ParameterError("\n".join(sorted(wrong)))
    defaults = {
        name: _as_text(each["Default"])
        for name, each in declared.items()
        if "Default" in each and name not in SECRETS.values()
    }
    return {**defaults, **given, **secrets}


def check(template: Template, values: Values) -> None:
    """Raises ParameterError with every problem that CloudFormation or the code would find later."""
    declared = template["Parameters"]
    wrong = [
        f"{name}: {problem}"
        for name, value in values.items()
        for problem in _problems(declared[name], value)
    ]
    wrong += _broken_rules(template.get("Rules", {}), values)
    if not wrong:  # the code can read only what has the right shape
        wrong = list(_unreadable(template, values))
    if wrong:
        raise ParameterError("\n".join(wrong))


def _problems(declared: Mapping[str, Any], value: str) -> Iterator[str]:
    """Checks a value against the constraints that CloudFormation checks."""
    if declared["Type"] == "Number":
        try:
            number = float(value)
        except ValueError:
            yield f"'{value}' is not a number"
            return
        if not declared.get("MinValue", number) <= number <= declared.get("MaxValue", number):
            least, most = declared.get("MinValue"), declared.get("MaxValue", "any larger number")
            yield f"{value} is not between {least} and {most}"
    allowed = [_as_text(each) for each in declared.get("AllowedValues", [])]
    if allowed and value not in allowed:
        yield f"'{value}' is not one of {', '.join(allowed)}"
    shortest, longest = declared.get("MinLength", 0), declared.get("MaxLength", 4096)
    if not shortest <= len(value) <= longest:
        yield f"has {len(value)} characters; {shortest} to {longest} are allowed"
    pattern = declared.get("AllowedPattern")
    if pattern and not re.fullmatch(pattern, value):
        yield f"'{value[:60]}' does not match {pattern} ({declared['Description']})"


def _broken_rules(rules: Mapping[str, Any], values: Values) -> Iterator[str]:
    for rule in rules.values():
        if holds(rule["RuleCondition"], values):
            for each in rule["Assertions"]:
                if not holds(each["Assert"], values):
                    yield each["AssertDescription"]


def holds(node: Any, values: Mapping[str, str]) -> bool:
    """Evaluates a condition over parameters, as CloudFormation does in Rules."""
    match node:
        case {"Fn::Not": [inner]}:
            return not holds(inner, values)
        case {"Fn::And": list(parts)}:
            return all(holds(part, values) for part in parts)
        case {"Fn::Or": list(parts)}:
            return any(holds(part, values) for part in parts)
        case {"Fn::Equals": [one, other]}:
            return _operand(one, values) == _operand(other, values)
    raise ValueError(f"unknown condition: {node}")


def _operand(node: Any, values: Mapping[str, str]) -> str:
    return values.get(node["Ref"], "") if isinstance(node, dict) else _as_text(node)


def _unreadable(template: Template, values: Values) -> Iterator[str]:
    """Reads each function's environment with the code that reads it on Lambda."""
    names: dict[str, str] = {}
    seen: set[str] = set()
    for function, variables in environments(template).items():
        given = {}
        for variable, node in variables.items():
            parameter = node.get("Ref") if isinstance(node, dict) else None
            if parameter in values:
                names[variable.lower()] = str(parameter)
                given[variable] = values[str(parameter)]
        length = sum(len(name) for name in variables)
        length += sum(len(each.encode()) for each in given.values())
        length += RESOURCE_BYTES * (len(variables) - len(given))
        if length > ENVIRONMENT_BYTES:
            yield f"{function}: {length} bytes of variables; Lambda allows {ENVIRONMENT_BYTES}"
        for name, problem in _unread(given):
            line = f"{names.get(name, name)}: {problem}"
            if line not in seen:
                seen.add(line)
                yield line


def _unread(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    try:
        settings = read_settings(environment)
    except ValidationError as error:
        for each in error.errors():
            yield (
                str(each["loc"][0]),
                f"{'.'.join(map(str, each['loc'][1:]))} {each['msg']}".strip(),
            )
        return
    try:
        Limits.model_validate(settings.default_budgets)
    except ValidationError as error:
        yield "default_budgets", str(error.errors()[0]["msg"])
    try:
        parse_remote_tools(settings.remote_tools)
    except ToolDeclarationError as error:
        yield "remote_tools", str(error)


def environments(template: Template) -> dict[str, dict[str, Any]]:
    """Returns the variables of each function, unresolved; those of Globals included."""
    shared = template["Globals"]["Function"]["Environment"]["Variables"]
    return {
        name: {
            **shared,
            **resource["Properties"].get("Environment", {}).get("Variables", {}),
        }
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }
