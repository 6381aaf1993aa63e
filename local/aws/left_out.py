"""Resources of a template that moto does not create, and why."""

from moto.cloudformation.parsing import get_model_map

_BY_CHOICE = {
    "AWS::Lambda::Function": "runs in local/aws/functions, moto would start containers",
    "AWS::Lambda::LayerVersion": "its content folder is used as it is",
    "AWS::Lambda::Version": "there is only the newest code",
    "AWS::Lambda::Alias": "there is only the newest code",
    "AWS::Lambda::Permission": "calls between services are not checked here",
    "AWS::Lambda::EventInvokeConfig": "read into Function.async_retries and on_failure_queue",
    "AWS::Lambda::EventSourceMapping": "local/events feeds functions; moto has no filters",
    "AWS::SecretsManager::Secret": "moto's CloudFormation lacks it; made through the API",
    "AWS::Events::EventBus": "moto's CloudFormation has no Ref for it; made through the API",
    "AWS::Events::Rule": "local/events delivers; moto would deliver a second time to queues",
    "AWS::Scheduler::Schedule": "local/events runs schedules; moto never does",
    "AWS::StepFunctions::StateMachine": "moto's CloudFormation registers it where nothing executes,"
    " and ignores DefinitionSubstitutions; made through the API",
    "AWS::SSM::Parameter": "moto's CloudFormation has no GetAtt for it; its value is read here",
    "AWS::S3::BucketPolicy": "moto evaluates it for unsigned requests only",
}


def reason(resource_type: str) -> str | None:
    """Why a resource of that type is left out; None for one that moto creates."""
    if resource_type in _BY_CHOICE:
        return _BY_CHOICE[resource_type]
    if resource_type not in get_model_map():
        return "moto's CloudFormation does not know the type"
    return None
