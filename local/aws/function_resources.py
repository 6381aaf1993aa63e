"""Reads the Lambda functions out of the resolved resources of a template."""

from collections.abc import Mapping
from typing import Any

from local.aws.deployment import Function
from local.aws.naming import ACCOUNT, REGION
from local.aws.transform import SamTemplate

# https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
_DEFAULT_MEMORY_MB = 128
_DEFAULT_TIMEOUT_SECONDS = 3
_DEFAULT_ASYNC_RETRIES = 2

Resources = Mapping[str, dict[str, Any]]


def functions_of(
    sam: SamTemplate,
    resources: Resources,
    physical_ids: Mapping[str, str],
    default_concurrency: int,
) -> dict[str, Function]:
    """The functions by logical id; those without a reserved concurrency get the default."""
    reader = _Reader(sam, resources, physical_ids)
    return {
        logical_id: reader.function(logical_id, default_concurrency)
        for logical_id, resource in resources.items()
        if resource["Type"] == "AWS::Lambda::Function"
    }


class _Reader:
    def __init__(
        self, sam: SamTemplate, resources: Resources, physical_ids: Mapping[str, str]
    ) -> None:
        self._sam = sam
        self._resources = resources
        self._physical_ids = physical_ids
        self._layers = {
            physical_ids[name]: sam.content_of(resource)
            for name, resource in resources.items()
            if resource["Type"] == "AWS::Lambda::LayerVersion"
        }

    def function(self, logical_id: str, default_concurrency: int) -> Function:
        resource = self._resources[logical_id]
        properties = resource["Properties"]
        name = properties["FunctionName"]
        invoke = self._invoke_config(name)
        variables = properties.get("Environment", {}).get("Variables", {})
        dead_letters = properties.get("DeadLetterConfig", {}).get("TargetArn")
        failures = invoke.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
        layers = [arn for arn in properties.get("Layers", []) if arn in self._layers]
        return Function(
            name=logical_id,
            arn=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}",
            handler=properties["Handler"],
            environment={key: _text(value) for key, value in variables.items()},
            timeout_seconds=int(properties.get("Timeout", _DEFAULT_TIMEOUT_SECONDS)),
            memory_mb=int(properties.get("MemorySize", _DEFAULT_MEMORY_MB)),
            layers=tuple(self._layers[arn] for arn in layers),
            concurrency=int(properties.get("ReservedConcurrentExecutions", default_concurrency)),
            role_statements=statements_of(
                properties.get("Role", ""), self._resources, self._physical_ids
            ),
            on_failure_queue=failures or dead_letters,
            async_retries=int(invoke.get("MaximumRetryAttempts", _DEFAULT_ASYNC_RETRIES)),
            code=self._sam.code_of(resource),
        )

    def _invoke_config(self, function: str) -> dict[str, Any]:
        for resource in self._resources.values():
            if resource["Type"] == "AWS::Lambda::EventInvokeConfig":
                properties: dict[str, Any] = resource["Properties"]
                if properties["FunctionName"] == function:
                    return properties
        return {}


def statements_of(
    role: str, resources: Resources, physical_ids: Mapping[str, str]
) -> tuple[dict[str, Any], ...]:
    """The inline statements of the role with that ARN."""
    name = role.rpartition("/")[2]
    found: list[dict[str, Any]] = []
    for logical_id, resource in resources.items():
        if resource["Type"] == "AWS::IAM::Role" and physical_ids[logical_id] == name:
            for policy in resource.get("Properties", {}).get("Policies", []):
                statements = policy["PolicyDocument"]["Statement"]
                found += [statements] if isinstance(statements, dict) else statements
    return tuple(found)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
