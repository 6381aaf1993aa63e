"""Resources that moto does not create: why not, and their names and ARNs."""

from collections.abc import Mapping
from typing import Any

from moto.cloudformation.parsing import get_model_map

from local.aws.intrinsics import substitute

REGION = "us-east-1"
ACCOUNT = "123456789012"

_NOT_CREATED = {
    "AWS::Lambda::Function": "local/aws/functions runs it; moto would start containers",
    "AWS::Lambda::LayerVersion": "its content folder is used as it is",
    "AWS::Lambda::Version": "there is only the newest code",
    "AWS::Lambda::Alias": "there is only the newest code",
    "AWS::Lambda::Permission": "calls between services are not checked",
    "AWS::Lambda::EventSourceMapping": "local/events invokes functions; moto has no filters",
    "AWS::SecretsManager::Secret": "moto's CloudFormation lacks it; created through the API",
    "AWS::Events::Rule": "local/events delivers; moto would deliver a second time",
    "AWS::Scheduler::Schedule": "local/events runs schedules; moto never does",
    "AWS::StepFunctions::StateMachine": "moto's CloudFormation does not execute it and ignores"
    " DefinitionSubstitutions; created through the API",
    "AWS::ApiGateway::RestApi": "local/front serves it",
    "AWS::ApiGateway::Deployment": "local/front serves the newest definition",
    "AWS::ApiGateway::Stage": "local/front serves one stage",
    "AWS::ApiGateway::Account": "there is no account to set up",
    "AWS::SSM::Parameter": "moto's CloudFormation has no GetAtt for it; its value is read here",
    "AWS::S3::BucketPolicy": "moto evaluates it for unsigned requests only",
}
_NAME_PROPERTIES = {
    "AWS::Lambda::Function": "FunctionName",
    "AWS::StepFunctions::StateMachine": "StateMachineName",
    "AWS::Scheduler::Schedule": "Name",
    "AWS::SecretsManager::Secret": "Name",
    "AWS::Events::Rule": "Name",
}
_ARNS = {
    "AWS::Lambda::Function": "lambda:{home}:function:{name}",
    "AWS::Lambda::LayerVersion": "lambda:{home}:layer:{name}:1",
    "AWS::Lambda::Version": "lambda:{home}:function:{function}:1",
    "AWS::Lambda::Alias": "lambda:{home}:function:{function}:{alias}",
    "AWS::StepFunctions::StateMachine": "states:{home}:stateMachine:{name}",
    "AWS::Events::Rule": "events:{home}:rule/{name}",
    "AWS::Scheduler::Schedule": "scheduler:{home}:schedule/default/{name}",
}
_REF_IS_ARN = {
    "AWS::Lambda::LayerVersion",
    "AWS::Lambda::Version",
    "AWS::Lambda::Alias",
    "AWS::StepFunctions::StateMachine",
}


def reason_not_created(resource_type: str) -> str | None:
    """Returns why moto does not create resources of a type; None for those that it creates."""
    if resource_type in _NOT_CREATED:
        return _NOT_CREATED[resource_type]
    if resource_type not in get_model_map():
        return "moto's CloudFormation does not know the type"
    return None


def pseudo_parameters(stack: str) -> dict[str, str]:
    """Returns CloudFormation's pseudo parameters for a stack."""
    return {
        "AWS::Region": REGION,
        "AWS::AccountId": ACCOUNT,
        "AWS::Partition": "aws",
        "AWS::URLSuffix": "amazonaws.com",
        "AWS::StackName": stack,
    }


class LocalNames:
    """Resolves Ref and GetAtt of parameters and of resources that moto does not create."""

    def __init__(
        self, stack: str, parameters: Mapping[str, Any], resources: Mapping[str, dict[str, Any]]
    ) -> None:
        self._stack = stack
        self._known: dict[str, Any] = {**pseudo_parameters(stack), **parameters}
        self._resources = resources

    def assign(self, logical_id: str, reference: str) -> None:
        """Sets the value of Ref for a resource whose ARN does not follow from its name."""
        self._known[logical_id] = reference

    def lookup(self, name: str, attribute: str | None) -> Any:
        """Returns a Ref (attribute None) or GetAtt; None for a resource that moto creates."""
        if name in self._known and attribute in (None, "Id"):
            return self._known[name]
        if name not in self._resources:
            return None
        kind = self._resources[name]["Type"]
        if kind == "AWS::SSM::Parameter" and attribute == "Value":
            return substitute(self._resources[name]["Properties"]["Value"], self.lookup)
        if (attribute and "Arn" in attribute) or (attribute is None and kind in _REF_IS_ARN):
            return self._arn(name)
        return self.physical_name(name)

    def physical_name(self, logical_id: str) -> str:
        """Returns the name in the template, or one made of the stack and the logical id."""
        resource = self._resources[logical_id]
        wanted = _NAME_PROPERTIES.get(resource["Type"], "")
        given = substitute(resource.get("Properties", {}).get(wanted), self.lookup)
        return given if isinstance(given, str) else f"{self._stack}-{logical_id}"

    def _arn(self, logical_id: str) -> str:
        resource = self._resources[logical_id]
        properties = resource.get("Properties", {})
        pattern = _ARNS.get(resource["Type"], "local:{home}:{name}")
        return "arn:aws:" + pattern.format(
            home=f"{REGION}:{ACCOUNT}",
            name=self.physical_name(logical_id),
            function=substitute(properties.get("FunctionName"), self.lookup),
            alias=properties.get("Name"),
        )
