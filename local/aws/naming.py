"""Names and ARNs of the resources that moto does not create."""

from collections.abc import Mapping
from typing import Any

from local.aws.intrinsics import substitute

REGION = "us-east-1"
ACCOUNT = "123456789012"

_NAME_PROPERTIES = {
    "AWS::Lambda::Function": "FunctionName",
    "AWS::StepFunctions::StateMachine": "StateMachineName",
    "AWS::Scheduler::Schedule": "Name",
    "AWS::Events::EventBus": "Name",
    "AWS::SecretsManager::Secret": "Name",
    "AWS::Events::Rule": "Name",
}
_ARNS = {
    "AWS::Lambda::Function": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{{name}}",
    "AWS::Lambda::LayerVersion": f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:{{name}}:1",
    "AWS::Lambda::Version": "{function}:1",
    "AWS::Lambda::Alias": "{function}:{alias}",
    "AWS::StepFunctions::StateMachine": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{{name}}",
    "AWS::Events::EventBus": f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/{{name}}",
    "AWS::Events::Rule": f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{{name}}",
    "AWS::Scheduler::Schedule": f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/default/{{name}}",
}
_REF_IS_ARN = {
    "AWS::Lambda::LayerVersion",
    "AWS::Lambda::Version",
    "AWS::Lambda::Alias",
    "AWS::StepFunctions::StateMachine",
}


def pseudo_parameters(stack: str) -> dict[str, str]:
    return {
        "AWS::Region": REGION,
        "AWS::AccountId": ACCOUNT,
        "AWS::Partition": "aws",
        "AWS::URLSuffix": "amazonaws.com",
        "AWS::StackName": stack,
    }


class LeftOutNames:
    """Answers Ref and GetAtt for resources that moto does not create, and for parameters."""

    def __init__(
        self, stack: str, parameters: Mapping[str, Any], resources: Mapping[str, dict[str, Any]]
    ) -> None:
        self._stack = stack
        self._known: dict[str, Any] = {**pseudo_parameters(stack), **parameters}
        self._resources = resources

    def assign(self, logical_id: str, reference: str) -> None:
        """Set what Ref gives, for a resource whose ARN is not made from its name."""
        self._known[logical_id] = reference

    def lookup(self, name: str, attribute: str | None) -> Any:
        """None for what moto creates; any attribute with Arn in its name is the ARN."""
        if name in self._known and attribute in (None, "Id"):
            return self._known[name]
        if name not in self._resources:
            return None
        kind = self._resources[name]["Type"]
        if kind == "AWS::SSM::Parameter" and attribute == "Value":
            return substitute(self._resources[name]["Properties"]["Value"], self.lookup)
        if (attribute and "Arn" in attribute) or (attribute is None and kind in _REF_IS_ARN):
            return self.arn(name)
        return self.physical_name(name)

    def physical_name(self, logical_id: str) -> str:
        """The name that the template gives, or the logical id behind that of the stack."""
        resource = self._resources[logical_id]
        wanted = _NAME_PROPERTIES.get(resource["Type"], "")
        given = substitute(resource.get("Properties", {}).get(wanted), self.lookup)
        return given if isinstance(given, str) else f"{self._stack}-{logical_id}"

    def arn(self, logical_id: str) -> str:
        resource = self._resources[logical_id]
        name = self.physical_name(logical_id)
        generic = f"arn:aws:local:{REGION}:{ACCOUNT}:{{name}}"
        properties = resource.get("Properties", {})
        function = properties.get("FunctionName")
        return _ARNS.get(resource["Type"], generic).format(
            name=name,
            function=self._function_arn(function),
            alias=properties.get("Name"),
        )

    def _function_arn(self, reference: Any) -> str:
        name = substitute(reference, self.lookup) if reference is not None else None
        return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
