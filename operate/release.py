"""Puts the parameter values into each built function, so that a changed value is new code.

SAM publishes a version when a function's package or properties change. It computes that from
`{"Ref": "LogLevel"}` and not from the value (issue 3820 of serverless-application-model), so
without this a changed parameter would reach `$LATEST` only, which has no callers.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from operate.parameters import SECRETS, Template

FILE = "parameters.sha256"
NOT_CONFIGURATION = {"Policies", "Events", "DeploymentPreference"}
"""Properties that SAM turns into other resources; they are no part of a version."""


def parameters_of(template: Template, function: str) -> set[str]:
    """Returns the names of the parameters that decide a function's configuration."""
    own = template["Resources"][function]["Properties"]
    both = {**template["Globals"]["Function"], **own}
    shared = template["Globals"]["Function"]["Environment"]
    configuration = [value for name, value in both.items() if name not in NOT_CONFIGURATION]
    references = set(_references(template, [configuration, shared]))
    return {name for name in template["Parameters"] if name in references}


def _references(template: Template, node: Any) -> Iterator[str]:
    match node:
        case {"Ref": str(name)}:
            yield name
        case {"Fn::If": [str(condition), *branches]}:
            yield from _references(template, template["Conditions"][condition])
            yield from _references(template, branches)
        case {"Condition": str(condition)}:
            yield from _references(template, template["Conditions"][condition])
        case {"Fn::Sub": str(text)}:
            yield from re.findall(r"\$\{(\w+)", text)
        case dict():
            for value in node.values():
                yield from _references(template, value)
        case list():
            for value in node:
                yield from _references(template, value)


def digest(template: Template, function: str, values: Mapping[str, str]) -> str:
    """Returns a hash of the values that decide a function's configuration.

    Of a secret only counts whether there is one.
    """
    known = {}
    for name in sorted(parameters_of(template, function)):
        value = values.get(name, "")
        known[name] = str(bool(value)) if name in SECRETS.values() else value
    return hashlib.sha256(json.dumps(known).encode()).hexdigest()


def stamp(template: Template, values: Mapping[str, str], built: Path) -> None:
    """Writes the hash into the folder of each built function.

    Raises FileNotFoundError if a function has not been built.
    """
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            (built / name / FILE).write_text(digest(template, name, values))
