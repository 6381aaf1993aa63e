"""A deployed template: its functions, its outputs and the ids of its resources."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.aws.resources import ACCOUNT, REGION
from local.aws.template import SamTemplate, text_of

# https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
_DEFAULT_MEMORY_MB = 128
_DEFAULT_TIMEOUT_SECONDS = 3
_DEFAULT_CONCURRENCY = 4
"""Of this machine, for functions without a reserved concurrency."""

Resources = Mapping[str, dict[str, Any]]


@dataclass(frozen=True)
class Function:
    """One Lambda function as the template declares it, with every Ref and GetAtt resolved."""

    name: str
    """The logical id, for example "CreateRunFunction"."""
    arn: str
    """Ends with the function's name in Lambda."""
    handler: str
    environment: Mapping[str, str]
    timeout_seconds: int
    memory_mb: int
    layers: tuple[str, ...]
    """The content folders of its layers, relative to the template."""
    concurrency: int
    """The reserved concurrency, or the local default."""
    role_statements: tuple[dict[str, Any], ...]
    """The IAM statements of its role, with the resources they name."""
    dead_letter_queue: str | None
    """The ARN of the SQS queue for asynchronous events that the function could not process."""
    code: str = "functions"
    """The code folder, relative to the template."""

    @property
    def physical_name(self) -> str:
        """The function's name in Lambda."""
        return self.arn.rpartition(":")[2]


@dataclass(frozen=True)
class Deployment:
    """A template that is deployed on local AWS."""

    functions: Mapping[str, Function]
    """By logical id."""
    physical_ids: Mapping[str, str]
    """Logical id to physical id, the value of Ref."""
    outputs: Mapping[str, str]
    resources: Resources
    """The resources after the SAM transform, including those that moto cannot create.

    Conditions are decided and intrinsic functions resolved.
    """


def functions_of(
    sam: SamTemplate,
    resources: Resources,
    physical_ids: Mapping[str, str],
) -> dict[str, Function]:
    """Returns the functions of resolved resources by logical id."""
    layers = {
        physical_ids[name]: sam.content_of(resource)
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Lambda::LayerVersion"
    }

    def function(logical_id: str, resource: Mapping[str, Any]) -> Function:
        properties = resource["Properties"]
        variables = properties.get("Environment", {}).get("Variables", {})
        return Function(
            name=logical_id,
            arn=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{physical_ids[logical_id]}",
            handler=properties["Handler"],
            environment={key: text_of(value) for key, value in variables.items()},
            timeout_seconds=int(properties.get("Timeout", _DEFAULT_TIMEOUT_SECONDS)),
            memory_mb=int(properties.get("MemorySize", _DEFAULT_MEMORY_MB)),
            layers=tuple(layers[arn] for arn in properties.get("Layers", []) if arn in layers),
            concurrency=int(properties.get("ReservedConcurrentExecutions", _DEFAULT_CONCURRENCY)),
            role_statements=statements_of(properties.get("Role", ""), resources, physical_ids),
            dead_letter_queue=properties.get("DeadLetterConfig", {}).get("TargetArn"),
            code=sam.code_of(resource),
        )

    return {
        logical_id: function(logical_id, resource)
        for logical_id, resource in resources.items()
        if resource["Type"] == "AWS::Lambda::Function"
    }


def statements_of(
    role: str, resources: Resources, physical_ids: Mapping[str, str]
) -> tuple[dict[str, Any], ...]:
    """Returns the inline statements of the role with that ARN."""
    name = role.rpartition("/")[2]
    found: list[dict[str, Any]] = []
    for logical_id, resource in resources.items():
        if resource["Type"] == "AWS::IAM::Role" and physical_ids[logical_id] == name:
            for policy in resource.get("Properties", {}).get("Policies", []):
                statements = policy["PolicyDocument"]["Statement"]
                found += [statements] if isinstance(statements, dict) else statements
    return tuple(found)
