"""Deploys a SAM template on the embedded AWS."""

import json
from collections.abc import Mapping
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

import boto3

from local.aws import left_out, naming, transform
from local.aws.deployment import Deployment
from local.aws.function_resources import functions_of
from local.aws.intrinsics import Conditions, Questions, answered, substitute
from local.aws.transform import SamTemplate

DEFAULT_CONCURRENCY = 4
_GENERATED_BYTES = 24

_make_client: Any = boto3.client  # by a name that is only known at run time

Resources = dict[str, dict[str, Any]]


def deploy(
    endpoint: str,
    template: Path,
    *,
    stack: str = "understudy",
    parameters: Mapping[str, str] | None = None,
    secrets: Mapping[str, str] | None = None,
    concurrency: int = DEFAULT_CONCURRENCY,
) -> Deployment:
    """Create everything that the template declares; `secrets` are values by logical id.

    Raises TemplateError for a template or parameters that cannot be deployed here, and
    botocore's ClientError where CloudFormation refuses.
    """
    sam = transform.read(template, parameters or {})
    work = _Deploy(endpoint, sam, stack)
    work.create_secrets(secrets or {})
    work.create_stack()
    physical_ids = work.physical_ids()
    work.create_by_api()
    return Deployment(
        functions=functions_of(sam, work.resources, physical_ids, concurrency),
        physical_ids=physical_ids,
        outputs={name: output["Value"] for name, output in work.outputs.items()},
        resources=work.resources,
        template=sam.written,
    )


class _Deploy:
    def __init__(self, endpoint: str, sam: SamTemplate, stack: str) -> None:
        self._endpoint = endpoint
        self._stack = stack
        declared: Resources = sam.plain["Resources"]
        left = {
            name: resource
            for name, resource in declared.items()
            if left_out.reason(resource["Type"]) is not None
        }
        for name, resource in left.items():
            if resource["Type"] == "AWS::Lambda::Function":
                wanted = naming.LeftOutNames(stack, sam.parameters, left)
                resource["Properties"]["FunctionName"] = wanted.physical_name(name)
        self._names = naming.LeftOutNames(stack, sam.parameters, left)
        self._left_out = left.keys()
        self._plain = sam.plain
        self._conditions = Conditions(self._literal("Conditions"))
        self.resources: Resources = {}
        self.outputs: Resources = {}

    def create_secrets(self, values: Mapping[str, str]) -> None:
        """First of all, because the ARN of a secret is not known before."""
        client = self._client("secretsmanager")
        for name, resource in self._existing("Resources").items():
            if resource["Type"] == "AWS::SecretsManager::Secret":
                text = values.get(name) or resource["Properties"].get("SecretString")
                created = client.create_secret(
                    Name=self._names.physical_name(name),
                    SecretString=text or token_urlsafe(_GENERATED_BYTES),
                )
                self._names.assign(name, created["ARN"])

    def _existing(self, section: str) -> Resources:
        return self._conditions.existing(self._literal(section))

    def _literal(self, section: str) -> dict[str, Any]:
        literal: dict[str, Any] = substitute(self._plain.get(section, {}), self._names.lookup)
        return literal

    def create_stack(self) -> None:
        """Create what moto can create, and resolve all resources and outputs."""
        self.resources = self._existing("Resources")
        self.outputs = self._existing("Outputs")
        questions = Questions()
        questions.ask(self.resources)
        questions.ask(self.outputs)
        created = {
            name: self._without_dependencies(resource)
            for name, resource in self.resources.items()
            if name not in self._left_out
        }
        body = {
            "Resources": created,
            "Outputs": questions.outputs,
            "Mappings": self._literal("Mappings"),
        }
        client = self._client("cloudformation")
        client.create_stack(StackName=self._stack, TemplateBody=json.dumps(body))
        [stack] = client.describe_stacks(StackName=self._stack)["Stacks"]
        known = {out["OutputKey"]: out["OutputValue"] for out in stack.get("Outputs", [])}
        self.resources = answered(self.resources, known)
        self.outputs = answered(self.outputs, known)

    def physical_ids(self) -> dict[str, str]:
        described = self._client("cloudformation").describe_stack_resources(StackName=self._stack)
        created = {
            resource["LogicalResourceId"]: resource["PhysicalResourceId"]
            for resource in described["StackResources"]
            if resource.get("PhysicalResourceId")
        }
        made_up = {name: self._names.lookup(name, None) for name in self._left_out}
        return {name: created.get(name) or made_up.get(name) or name for name in self.resources}

    def create_by_api(self) -> None:
        """What CloudFormation makes in AWS and cannot make here, and is needed all the same."""
        created = self.physical_ids()
        for name, resource in self.resources.items():
            physical_name = self._names.physical_name(name) if name in self._left_out else ""
            match resource["Type"]:
                case "AWS::S3::Bucket" if "VersioningConfiguration" in resource["Properties"]:
                    self._client("s3").put_bucket_versioning(
                        Bucket=created[name],
                        VersioningConfiguration=resource["Properties"]["VersioningConfiguration"],
                    )
                case "AWS::Events::EventBus":
                    self._client("events").create_event_bus(Name=physical_name)
                case "AWS::StepFunctions::StateMachine":
                    self._create_state_machine(physical_name, resource["Properties"])

    def _create_state_machine(self, name: str, properties: Mapping[str, Any]) -> None:
        definition = properties["DefinitionString"]
        for key, value in properties.get("DefinitionSubstitutions", {}).items():
            definition = definition.replace(f"${{{key}}}", str(value))
        self._client("stepfunctions").create_state_machine(
            name=name, definition=definition, roleArn=properties["RoleArn"]
        )

    def _without_dependencies(self, resource: dict[str, Any]) -> dict[str, Any]:
        """DependsOn must not name what is left out."""
        given = resource.get("DependsOn", [])
        named = [given] if isinstance(given, str) else given
        kept = [name for name in named if name not in self._left_out and name in self.resources]
        return {**resource, "DependsOn": kept}

    def _client(self, service: str) -> Any:
        return _make_client(
            service,
            endpoint_url=self._endpoint,
            region_name=naming.REGION,
            aws_access_key_id="deploy",
            aws_secret_access_key="local",  # noqa: S106 - nobody checks it
        )
