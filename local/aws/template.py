"""Reads a SAM template and transforms it to CloudFormation, without an account or a network.

    python -m local.aws.template prod > .aws-sam/plain/prod.json

writes the transformed template of a stage for linters and scanners that read nothing else.
"""

import copy
import json
import logging
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import yaml
from samtranslator.public.translator import ManagedPolicyLoader
from samtranslator.translator.transform import transform as translate
from samtranslator.yaml_helper import intrinsics_multi_constructor

from local.aws.resources import REGION

TEMPLATE = Path(__file__).resolve().parents[2] / "template.yaml"


class TemplateError(ValueError):
    """The template, or its parameters, cannot be deployed locally."""


@dataclass(frozen=True)
class SamTemplate:
    """A template as written, and its transformation."""

    folder: Path
    written: dict[str, Any]
    parameters: Mapping[str, str]
    """Every parameter with its value."""
    plain: dict[str, Any]
    """The template in CloudFormation, intrinsic functions unresolved."""

    def content_of(self, layer: Mapping[str, Any]) -> str:
        """Returns the content folder of a transformed layer, relative to the template."""
        logical_id = layer["Properties"]["Content"]["S3Key"]
        return _folder(self.written["Resources"][logical_id]["Properties"]["ContentUri"])

    def code_of(self, function: Mapping[str, Any]) -> str:
        """Returns the code folder of a transformed function, relative to the template."""
        logical_id = function["Properties"]["Code"]["S3Key"]
        written = self.written["Resources"][logical_id].get("Properties", {})
        default = self.written.get("Globals", {}).get("Function", {}).get("CodeUri", ".")
        return _folder(written.get("CodeUri", default))


def read(path: Path, overrides: Mapping[str, str]) -> SamTemplate:
    """Reads and transforms a template; raises TemplateError for parameters that do not fit."""
    written = _parsed(path)
    parameters = _parameters(written, overrides)
    with_artifacts = _with_artifacts(copy.deepcopy(written), path.parent)
    # Its warning is about a feature toggle that only AWS's own service has.
    logging.getLogger("samtranslator.feature_toggle.feature_toggle").setLevel(logging.ERROR)
    # The translator takes the region, and from it the partition of ARNs, from here only.
    with mock.patch.dict(os.environ, {"AWS_DEFAULT_REGION": REGION}):
        plain = translate(with_artifacts, dict(parameters), _NoManagedPolicies())
    return SamTemplate(path.parent, written, parameters, plain)


class _Loader(yaml.CSafeLoader):
    """Reads CloudFormation's short forms. In C: the translator's own reads ten times slower."""


_Loader.add_multi_constructor("!", intrinsics_multi_constructor)


def _parsed(path: Path) -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.load(path.read_text(), _Loader)  # noqa: S506  a safe loader
    return parsed


class _NoManagedPolicies(ManagedPolicyLoader):  # type: ignore[misc]
    """Keeps the translator from asking IAM for policies that its own map does not have."""

    def __init__(self) -> None:
        pass

    def load(self) -> dict[str, str]:
        return {}


def _parameters(written: Mapping[str, Any], overrides: Mapping[str, str]) -> dict[str, str]:
    declared = written.get("Parameters", {})
    if unknown := overrides.keys() - declared.keys():
        raise TemplateError(f"the template has no parameter {', '.join(sorted(unknown))}")
    values = {name: overrides.get(name, given.get("Default")) for name, given in declared.items()}
    if missing := sorted(name for name, value in values.items() if value is None):
        raise TemplateError(f"parameters without a value: {', '.join(missing)}")
    return {name: text_of(value) for name, value in values.items()}


def text_of(value: Any) -> str:
    """Returns a scalar of YAML as CloudFormation writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _folder(uri: str) -> str:
    return uri.rstrip("/").removeprefix("./")


def _with_artifacts(template: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The translator accepts only code in S3: give each artifact the name of its resource."""
    template.get("Globals", {}).get("Function", {}).pop("CodeUri", None)
    for logical_id, resource in template["Resources"].items():
        properties = resource.setdefault("Properties", {})
        artifact = f"s3://artifacts/{logical_id}"
        match resource["Type"]:
            case "AWS::Serverless::Function":
                properties["CodeUri"] = artifact
            case "AWS::Serverless::LayerVersion":
                properties["ContentUri"] = artifact
            case "AWS::Serverless::StateMachine" if "DefinitionUri" in properties:
                definition = folder / properties.pop("DefinitionUri")
                properties["Definition"] = _parsed(definition)
    return template


def plain(stage: str) -> dict[str, Any]:
    """Returns the transformed template of a stage, with the state machine as an object.

    cfn-lint checks a definition only in that form.
    """
    template = read(TEMPLATE, {"OpenAIApiKey": "none", "Stage": stage}).plain
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::StepFunctions::StateMachine":
            properties = resource["Properties"]
            lines = properties.pop("DefinitionString")["Fn::Join"][1]
            properties["Definition"] = json.loads("\n".join(lines))
    return template


if __name__ == "__main__":
    json.dump(plain(sys.argv[1]), sys.stdout, indent=1)
