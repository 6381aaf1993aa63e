"""Resources that moto does not create: why not, and their names and ARNs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moto.cloudformation.parsing import get_model_map

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
    "AWS::Lambda::Version": "lambda:{home}:function:{properties[FunctionName]}:1",
    "AWS::Lambda::Alias": "lambda:{home}:function:{properties[FunctionName]}:{properties[Name]}",
    "AWS::StepFunctions::StateMachine": "states:{home}:stateMachine:{name}",
    "AWS::Events::Rule": "events:{home}:rule/{name}",
    "AWS::Scheduler::Schedule": "scheduler:{home}:schedule/default/{name}",
}
_REF_IS_ARN = {
    "AWS::Lambda::LayerVersion",
    "AWS::Lambda::Version",
    "AWS::Lambda::Alias",
    "AWS::SecretsManager::Secret",
    "AWS::StepFunctions::StateMachine",
}


def reason_not_created(resource_type: str) -> str | None:
    """Returns why moto does not create resources of a type; None for those that it creates."""
    if resource_type in _NOT_CREATED:
        return _NOT_CREATED[resource_type]
    if resource_type not in get_model_map():
        return "moto's CloudFormation does not know the type"
    return None


@dataclass
class LocalResource:
    """A resource that moto does not create, as moto's CloudFormation refers to it."""

    kind: str
    name: str
    properties: Mapping[str, Any]
    """Without intrinsic functions."""
    arn: str = ""
    """Follows from the name unless it is given."""

    def __post_init__(self) -> None:
        if not self.arn:
            pattern = _ARNS.get(self.kind, "local:{home}:{name}")
            home = f"{REGION}:{ACCOUNT}"
            self.arn = "arn:aws:" + pattern.format(
                home=home, name=self.name, properties=self.properties
            )

    @property
    def physical_resource_id(self) -> str:
        """The value of Ref."""
        return self.arn if self.kind in _REF_IS_ARN else self.name

    def get_cfn_attribute(self, attribute: str) -> str:
        """Returns the value of GetAtt."""
        if self.kind == "AWS::SSM::Parameter" and attribute == "Value":
            return str(self.properties["Value"])
        return self.arn if "Arn" in attribute else self.physical_resource_id

    def is_created(self) -> bool:
        """Returns True: there is nothing to wait for."""
        return True


def physical_name(stack: str, logical_id: str, kind: str, properties: Mapping[str, Any]) -> str:
    """Returns the name in the template, or one made of the stack and the logical id."""
    given = properties.get(_NAME_PROPERTIES.get(kind, ""))
    return given if isinstance(given, str) else f"{stack}-{logical_id}"
