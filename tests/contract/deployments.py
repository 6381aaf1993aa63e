"""The template as CloudFormation would deploy it: any stack name, region and parameter values."""

import copy
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

from samtranslator.public.translator import ManagedPolicyLoader
from samtranslator.translator.arn_generator import ArnGenerator
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

from operate import parameters
from operate.release import digest
from tests.contract.conftest import ROOT
from tests.contract.intrinsics import Conditions, substitute

ACCOUNT = "123456789012"
PARTITIONS = {"cn-north-1": "aws-cn", "us-gov-west-1": "aws-us-gov"}
SECRET = {"OpenAIApiKey": "made-up"}

Resources = dict[str, dict[str, Any]]
Values = Mapping[str, str]

TEMPLATE = parameters.read_template(ROOT / "template.yaml")


class _NoIam(ManagedPolicyLoader):  # type: ignore[misc]
    """Knows only the managed policies that the translator is shipped with."""

    def __init__(self) -> None:
        pass

    def load(self) -> dict[str, str]:
        return {}


@cache
def _definition(path: Path) -> Any:
    """Returns the state machine's definition. Reading it takes a third of a transformation."""
    return yaml_parse(path.read_text())


def values_of(given: Values) -> dict[str, str]:
    """Returns all parameters: the given ones, else the template's defaults."""
    return parameters.complete(TEMPLATE, {}, secrets={**SECRET, "FallbackApiKey": ""}) | dict(given)


def plain(given: Values, region: str = "us-east-1", *, stamped: bool = False) -> dict[str, Any]:
    """Returns the transformed template.

    With `stamped`, the name of a function's package follows the file that operate/release.py puts
    into it, as the names of SAM's packages follow their content.
    """
    values = values_of(given)
    template = copy.deepcopy(dict(TEMPLATE))
    template["Globals"]["Function"].pop("CodeUri")
    for name, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        content = digest(TEMPLATE, name, values) if stamped and "Handler" in properties else ""
        match resource["Type"]:
            case "AWS::Serverless::Function":
                properties["CodeUri"] = f"s3://artifacts/{name}{content}"
            case "AWS::Serverless::LayerVersion":
                properties["ContentUri"] = f"s3://artifacts/{name}"
            case "AWS::Serverless::StateMachine":
                definition = ROOT / properties.pop("DefinitionUri")
                properties["Definition"] = copy.deepcopy(_definition(definition))
    with (
        mock.patch.dict(os.environ, {"AWS_DEFAULT_REGION": region}),
        mock.patch.object(ArnGenerator, "BOTO_SESSION_REGION_NAME", region),
    ):
        transformed: dict[str, Any] = transform(template, values, _NoIam())
    return transformed


def resources_of(
    given: Values, region: str = "us-east-1", stack: str = "understudy", *, stamped: bool = False
) -> Resources:
    """Returns the resources that exist, with parameters put in and conditions decided.

    References to other resources stay as they are.
    """
    transformed = plain(given, region, stamped=stamped)
    known = {
        "AWS::Region": region,
        "AWS::AccountId": ACCOUNT,
        "AWS::Partition": PARTITIONS.get(region, "aws"),
        "AWS::StackName": stack,
        **values_of(given),
    }
    literal = substitute(transformed, lambda name, part: None if part else known.get(name))
    return Conditions(literal["Conditions"]).existing(literal["Resources"])


@cache
def default_resources(region: str = "us-east-1", stack: str = "understudy") -> Resources:
    """Returns the resources of a deployment with default parameters; do not change them."""
    return resources_of({}, region, stack)


def of_type(resources: Resources, kind: str) -> Resources:
    """Returns the properties of the resources of a type by logical id."""
    return {
        name: resource.get("Properties", {})
        for name, resource in resources.items()
        if resource["Type"] == kind
    }
