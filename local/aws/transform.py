"""A SAM template as plain CloudFormation, without an account and without the network."""

import copy
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import yaml
from samtranslator.public.translator import ManagedPolicyLoader
from samtranslator.translator.transform import transform as translate
from samtranslator.yaml_helper import intrinsics_multi_constructor

from local.aws.naming import REGION

_ARTIFACTS = "artifacts"


@dataclass(frozen=True)
class SamTemplate:
    """A template as written, and what it comes to."""

    folder: Path
    written: dict[str, Any]
    parameters: Mapping[str, str]
    """Every parameter with its value."""
    plain: dict[str, Any]
    """The template in CloudFormation, intrinsic functions unresolved."""

    def content_of(self, layer: Mapping[str, Any]) -> str:
        """The content folder, relative to the template, of a transformed layer resource."""
        logical_id = layer["Properties"]["Content"]["S3Key"]
        content: str = self.written["Resources"][logical_id]["Properties"]["ContentUri"]
        return content.rstrip("/").removeprefix("./")

    def code_of(self, function: Mapping[str, Any]) -> str:
        """The code folder, relative to the template, of a transformed function resource."""
        logical_id = function["Properties"]["Code"]["S3Key"]
        written = self.written["Resources"][logical_id].get("Properties", {})
        default = self.written.get("Globals", {}).get("Function", {}).get("CodeUri", ".")
        code: str = written.get("CodeUri", default)
        return code.rstrip("/").removeprefix("./")


class TemplateError(ValueError):
    """The template cannot be deployed here."""


def read(path: Path, overrides: Mapping[str, str]) -> SamTemplate:
    """Read and transform a template; raises TemplateError for parameters that do not fit."""
    written = _parsed(path)
    parameters = _parameters(written, overrides)
    localised = _with_artifacts(copy.deepcopy(written), path.parent)
    # The translator wants a region for the partition in ARNs and takes it from here only.
    # Its warning is of a toggle that only AWS's own service has.
    logging.getLogger("samtranslator.feature_toggle.feature_toggle").setLevel(logging.ERROR)
    with mock.patch.dict(os.environ, {"AWS_DEFAULT_REGION": REGION}):
        plain = translate(localised, dict(parameters), _NoManagedPolicies())
    return SamTemplate(path.parent, written, parameters, plain)


class _Loader(yaml.CSafeLoader):
    """Reads CloudFormation's short forms. In C: the translator's own reads ten times slower."""


_Loader.add_multi_constructor("!", intrinsics_multi_constructor)


def _parsed(path: Path) -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.load(path.read_text(), _Loader)  # noqa: S506  a safe loader
    return parsed


class _NoManagedPolicies(ManagedPolicyLoader):  # type: ignore[misc]
    """The translator brings a map of AWS's managed policies and asks IAM only beyond it."""

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
    return {name: _as_text(value) for name, value in values.items()}


def _as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _with_artifacts(template: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The translator takes code from S3 or inline only: name what is local by its resource."""
    template.get("Globals", {}).get("Function", {}).pop("CodeUri", None)
    for logical_id, resource in template["Resources"].items():
        properties = resource.setdefault("Properties", {})
        artifact = f"s3://{_ARTIFACTS}/{logical_id}"
        match resource["Type"]:
            case "AWS::Serverless::Function" if "InlineCode" not in properties:
                properties["CodeUri"] = artifact
            case "AWS::Serverless::LayerVersion":
                properties["ContentUri"] = artifact
            case "AWS::Serverless::StateMachine" if "DefinitionUri" in properties:
                definition = folder / properties.pop("DefinitionUri")
                properties["Definition"] = _parsed(definition)
    return template
