"""Deploys a SAM template on local AWS."""

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from secrets import token_urlsafe
from typing import Any
from unittest import mock

import yaml
from moto.cloudformation import parsing
from moto.cloudformation.models import cloudformation_backends

from local.aws.clients import client_of
from local.aws.deployment import Deployment, functions_of
from local.aws.resources import ACCOUNT, REGION, LocalResource, physical_name, reason_not_created
from local.aws.template import read

_GENERATED_BYTES = 24

_clean_json = parsing.clean_json
_class_of = parsing.resource_class_from_type


def deploy(
    endpoint: str,
    template: Path,
    *,
    stack: str = "understudy",
    parameters: Mapping[str, str] | None = None,
    secrets: Mapping[str, str] | None = None,
) -> Deployment:
    """Creates everything that the template declares; `secrets` are values by logical id.

    Raises TemplateError for a template or parameters that cannot be deployed locally, and
    botocore's ClientError where CloudFormation refuses.
    """
    sam = read(template, parameters or {})
    body = {
        **sam.plain,
        "Parameters": {
            name: {"Type": "String", "Default": value} for name, value in sam.parameters.items()
        },
    }
    with _moto_completed(_LocalResources(endpoint, stack, secrets or {})):
        client = client_of("cloudformation", endpoint, "deploy")
        client.create_stack(StackName=stack, TemplateBody=json.dumps(body))
        made = cloudformation_backends[ACCOUNT][REGION].get_stack(stack)
        existing = {name: made.resource_map[name] for name in body["Resources"]}
        resources = {
            name: _clean(body["Resources"][name], made.resource_map)
            for name, resource in existing.items()
            if resource is not None
        }
    physical_ids = {name: existing[name].physical_resource_id for name in resources}
    for name, resource in resources.items():
        versioning = resource["Properties"].get("VersioningConfiguration")
        if versioning:  # moto's CloudFormation ignores it
            client_of("s3", endpoint, "deploy").put_bucket_versioning(
                Bucket=physical_ids[name], VersioningConfiguration=versioning
            )
    return Deployment(
        functions=functions_of(sam, resources, physical_ids),
        physical_ids=physical_ids,
        outputs={output.key: output.value for output in made.output_map.values() if output},
        resources=resources,
    )


class _LocalResources:
    """Creates, in place of moto's models, the resources that moto does not create."""

    def __init__(self, endpoint: str, stack: str, secrets: Mapping[str, str]) -> None:
        self._endpoint = endpoint
        self._stack = stack
        self._secrets = secrets

    def has_cfn_attr(self, _: str) -> bool:
        """Returns True: `LocalResource` has a value for every attribute."""
        return True

    def create_from_cloudformation_json(
        self, _: str, declared: dict[str, Any], *__: str, **about: str
    ) -> LocalResource:
        """Returns the resource; its properties have no intrinsic functions."""
        kind, properties = declared["Type"], declared["Properties"]
        logical_id = about["LogicalId"]
        name = physical_name(self._stack, logical_id, kind, properties)
        arn = ""
        if kind == "AWS::SecretsManager::Secret":
            text = self._secrets.get(logical_id) or properties.get("SecretString")
            created = client_of("secretsmanager", self._endpoint, "deploy").create_secret(
                Name=name, SecretString=text or token_urlsafe(_GENERATED_BYTES)
            )
            arn = created["ARN"]
        if kind == "AWS::StepFunctions::StateMachine":
            definition = properties["DefinitionString"]
            for key, value in properties.get("DefinitionSubstitutions", {}).items():
                definition = definition.replace(f"${{{key}}}", str(value))
            client_of("stepfunctions", self._endpoint, "deploy").create_state_machine(
                name=name, definition=definition, roleArn=properties["RoleArn"]
            )
        return LocalResource(kind, name, properties, arn)


@contextmanager
def _moto_completed(local: _LocalResources) -> Iterator[None]:
    """Lets moto's CloudFormation refer to all resources, and know AWS::NoValue in lists."""

    def class_of(kind: str) -> Any:
        return _class_of(kind) if reason_not_created(kind) is None else local

    with ExitStack() as changed:
        changed.enter_context(mock.patch.object(parsing, "resource_class_from_type", class_of))
        changed.enter_context(mock.patch.object(parsing, "clean_json", _clean))
        # moto reads the body twice as YAML; the loader in C is ten times faster.
        changed.enter_context(mock.patch.object(yaml, "Loader", yaml.CLoader))
        yield


def _clean(node: Any, resources: Any) -> Any:
    cleaned = _clean_json(node, resources)
    if isinstance(node, list):
        return [value for value in cleaned if value is not None]
    return cleaned
