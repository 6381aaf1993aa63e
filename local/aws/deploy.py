"""Deploys a SAM template on local AWS."""

import json
from collections.abc import Mapping
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

from local.aws.clients import client_of
from local.aws.deployment import Deployment, functions_of
from local.aws.intrinsics import Conditions, Questions, answered, substitute
from local.aws.resources import LocalNames, reason_not_created
from local.aws.template import SamTemplate, read

_GENERATED_BYTES = 24

Resources = dict[str, dict[str, Any]]


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
    work = _Deploy(endpoint, sam, stack)
    work.create_secrets(secrets or {})
    work.create_stack()
    physical_ids = work.physical_ids()
    work.create_by_api(physical_ids)
    return Deployment(
        functions=functions_of(sam, work.resources, physical_ids),
        physical_ids=physical_ids,
        outputs={name: output["Value"] for name, output in work.outputs.items()},
        resources=work.resources,
    )


class _Deploy:
    def __init__(self, endpoint: str, sam: SamTemplate, stack: str) -> None:
        self._endpoint = endpoint
        self._stack = stack
        self._not_created: Resources = {
            name: resource
            for name, resource in sam.plain["Resources"].items()
            if reason_not_created(resource["Type"]) is not None
        }
        self._names = LocalNames(stack, sam.parameters, self._not_created)
        for name, resource in self._not_created.items():
            if resource["Type"] == "AWS::Lambda::Function":
                resource["Properties"]["FunctionName"] = self._names.physical_name(name)
        self._plain = sam.plain
        self._conditions = Conditions(self._literal("Conditions"))
        self.resources: Resources = {}
        self.outputs: Resources = {}

    def create_secrets(self, values: Mapping[str, str]) -> None:
        """Comes first, because the ARN of a secret is known only afterwards."""
        for name, resource in self._existing("Resources").items():
            if resource["Type"] == "AWS::SecretsManager::Secret":
                text = values.get(name) or resource["Properties"].get("SecretString")
                created = self._client("secretsmanager").create_secret(
                    Name=self._names.physical_name(name),
                    SecretString=text or token_urlsafe(_GENERATED_BYTES),
                )
                self._names.assign(name, created["ARN"])

    def create_stack(self) -> None:
        """Creates what moto can create, and resolves all resources and outputs."""
        self.resources = self._existing("Resources")
        self.outputs = self._existing("Outputs")
        questions = Questions()
        questions.ask(self.resources)
        questions.ask(self.outputs)
        created = {
            name: self._without_missing_dependencies(resource)
            for name, resource in self.resources.items()
            if name not in self._not_created
        }
        body = {"Resources": created, "Outputs": questions.outputs}
        client = self._client("cloudformation")
        client.create_stack(StackName=self._stack, TemplateBody=json.dumps(body))
        [stack] = client.describe_stacks(StackName=self._stack)["Stacks"]
        known = {out["OutputKey"]: out["OutputValue"] for out in stack.get("Outputs", [])}
        self.resources = answered(self.resources, known)
        self.outputs = answered(self.outputs, known)

    def physical_ids(self) -> dict[str, str]:
        described = self._client("cloudformation").describe_stack_resources(StackName=self._stack)
        created = {
            resource["LogicalResourceId"]: resource.get("PhysicalResourceId")
            for resource in described["StackResources"]
        }
        local = {name: self._names.lookup(name, None) for name in self._not_created}
        return {name: created.get(name) or local.get(name) or name for name in self.resources}

    def create_by_api(self, physical_ids: Mapping[str, str]) -> None:
        """Creates through the API what moto's CloudFormation cannot create."""
        for name, resource in self.resources.items():
            properties = resource.get("Properties", {})
            match resource["Type"]:
                case "AWS::S3::Bucket" if "VersioningConfiguration" in properties:
                    self._client("s3").put_bucket_versioning(
                        Bucket=physical_ids[name],
                        VersioningConfiguration=properties["VersioningConfiguration"],
                    )
                case "AWS::StepFunctions::StateMachine":
                    self._create_state_machine(self._names.physical_name(name), properties)

    def _create_state_machine(self, name: str, properties: Mapping[str, Any]) -> None:
        definition = properties["DefinitionString"]
        for key, value in properties.get("DefinitionSubstitutions", {}).items():
            definition = definition.replace(f"${{{key}}}", str(value))
        self._client("stepfunctions").create_state_machine(
            name=name, definition=definition, roleArn=properties["RoleArn"]
        )

    def _existing(self, section: str) -> Resources:
        return self._conditions.existing(self._literal(section))

    def _literal(self, section: str) -> dict[str, Any]:
        literal: dict[str, Any] = substitute(self._plain.get(section, {}), self._names.lookup)
        return literal

    def _without_missing_dependencies(self, resource: dict[str, Any]) -> dict[str, Any]:
        """moto refuses a DependsOn that names a resource which it does not create."""
        given = resource.get("DependsOn", [])
        named = [given] if isinstance(given, str) else given
        kept = [name for name in named if name not in self._not_created and name in self.resources]
        return {**resource, "DependsOn": kept}

    def _client(self, service: str) -> Any:
        return client_of(service, self._endpoint, "deploy")
