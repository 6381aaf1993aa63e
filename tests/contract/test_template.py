"""What the template promises of safety, upgrades and cost, in both stages."""

import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from typing import Any

import pytest

from local.aws.intrinsics import Conditions, substitute
from local.aws.resources import ACCOUNT, pseudo_parameters
from local.aws.template import read
from tests.contract.conftest import ROOT

Resources = dict[str, dict[str, Any]]

ASYNCHRONOUS = {"EventBridgeRule", "Schedule", "ScheduleV2", "S3"}
"""Events that nobody waits for: a function that fails gets them again, then they are gone."""

EVERYTHING = {
    "logs:": "log delivery of Step Functions knows no resources",
    "xray:": "X-Ray knows no resources",
}
"""Actions that AWS grants on `*` only."""


def resources_of(stage: str) -> Resources:
    """The plain resources of a stage, parameters put in and conditions decided."""
    given = {"OpenAIApiKey": "none", "Stage": stage, "AlarmEmail": "ops@example.com"}
    sam = read(ROOT / "template.yaml", given)
    known = {**pseudo_parameters(f"understudy-{stage}"), **sam.parameters}
    literal = substitute(sam.plain, lambda name, part: None if part else known.get(name))
    return Conditions(literal["Conditions"]).existing(literal["Resources"])


@pytest.fixture(scope="module", params=["dev", "prod"])
def stage(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def resources(stage: str) -> Resources:
    return resources_of(stage)


def of_type(resources: Resources, kind: str) -> dict[str, dict[str, Any]]:
    """Properties by logical id."""
    return {
        name: resource.get("Properties", {})
        for name, resource in resources.items()
        if resource["Type"] == kind
    }


def only(resources: Resources, kind: str) -> dict[str, Any]:
    """The properties of the one resource of a type."""
    [properties] = of_type(resources, kind).values()
    return properties


def named_in(node: Any) -> Iterator[str]:
    """The logical ids that a part of the template refers to."""
    match node:
        case {"Ref": str(name)}:
            yield name
        case {"Fn::GetAtt": [str(name), _]}:
            yield name
        case {"Fn::Sub": given}:
            text, own = (given, {}) if isinstance(given, str) else given
            yield from (found.partition(".")[0] for found in re.findall(r"\$\{(\w[\w.]*)", text))
            yield from named_in(own)
        case dict():
            for value in node.values():
                yield from named_in(value)
        case list():
            for value in node:
                yield from named_in(value)


def test_nothing_waits_for_itself(resources: Resources) -> None:
    """CloudFormation refuses a circle of references, and only when it is deployed."""
    needs = {}
    for name, resource in resources.items():
        given = resource.get("DependsOn", [])
        waits_for = {given} if isinstance(given, str) else set(given)
        for part in ("Properties", "UpdatePolicy"):
            waits_for |= set(named_in(resource.get(part, {})))
        needs[name] = waits_for & resources.keys()

    assert list(TopologicalSorter(needs).static_order())  # raises CycleError


def test_a_first_deploy_needs_the_providers_key_only(template: dict[str, Any]) -> None:
    """Every other parameter has a default, and each says what it is for."""
    parameters = template["Parameters"]

    assert [name for name, given in parameters.items() if "Default" not in given] == [
        "OpenAIApiKey"
    ]
    assert [name for name, given in parameters.items() if not given.get("Description")] == []


def test_keys_go_to_secrets_manager_and_nowhere_else(template: dict[str, Any]) -> None:
    """A parameter that must not be echoed is not in an environment, an output or a tag."""
    hidden = {name for name, given in template["Parameters"].items() if given.get("NoEcho")}
    secret = [
        resource
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::SecretsManager::Secret"
    ]
    elsewhere = {
        **template,
        "Parameters": {},
        "Conditions": {},
        "Resources": [each for each in template["Resources"].values() if each not in secret],
    }

    assert hidden <= set(named_in(secret))
    assert hidden & set(named_in(elsewhere)) == set()


def test_no_role_reaches_further_than_it_must(resources: Resources) -> None:
    """No action with a wildcard, and `*` as a resource only where AWS knows nothing else."""
    for name, role in of_type(resources, "AWS::IAM::Role").items():
        for policy in role.get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                actions = [statement["Action"]] if isinstance(statement["Action"], str) else []
                actions = actions or statement["Action"]
                assert [action for action in actions if "*" in action] == [], name
                if statement["Resource"] == "*":
                    assert all(action.startswith(tuple(EVERYTHING)) for action in actions), name


def test_every_permission_names_its_source(resources: Resources) -> None:
    """Nobody else's API, rule or bucket can invoke a function; an S3 ARN needs the account too."""
    permissions = of_type(resources, "AWS::Lambda::Permission")

    assert permissions
    for name, properties in permissions.items():
        assert "SourceArn" in properties, name
        if properties["Principal"] == "s3.amazonaws.com":
            assert properties["SourceAccount"] == ACCOUNT, name


def test_an_event_that_nobody_waits_for_is_not_lost(functions: dict[str, Any]) -> None:
    """What a function cannot process goes to the dead-letter queue whole."""
    for name, properties in functions.items():
        for event in properties.get("Events", {}).values():
            if event["Type"] in ASYNCHRONOUS:
                assert "DeadLetterQueue" in properties, name
            if event["Type"] == "DynamoDB":
                assert "OnFailure" in event["Properties"]["DestinationConfig"], name


def test_the_functions_of_the_bucket_have_a_queue_too(
    template: dict[str, Any], functions: dict[str, Any]
) -> None:
    """The bucket's notifications are written at the bucket and not as events of functions."""
    bucket = template["Resources"]["Bucket"]["Properties"]["NotificationConfiguration"]
    invoked = {each["Function"]["Ref"].partition(".")[0] for each in bucket["LambdaConfigurations"]}

    assert invoked == {"UploadFileFunction", "ArchiveImagesFunction"}
    assert [name for name in invoked if "DeadLetterQueue" not in functions[name]] == []


def test_data_is_encrypted_and_private(resources: Resources) -> None:
    """At rest and on the way, and no rule of a bucket can make it public."""
    bucket, table = only(resources, "AWS::S3::Bucket"), only(resources, "AWS::DynamoDB::Table")
    [deny] = only(resources, "AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"]

    assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert deny["Effect"] == "Deny"
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": False}}
    assert table["SSESpecification"]["SSEEnabled"] is True
    assert only(resources, "AWS::SQS::Queue")["SqsManagedSseEnabled"] is True


def test_data_outlives_a_mistake(stage: str, resources: Resources) -> None:
    """Table and bucket stay when the stack goes; production cannot lose its table by a click."""
    for kind in ("AWS::S3::Bucket", "AWS::DynamoDB::Table"):
        [resource] = [each for each in resources.values() if each["Type"] == kind]
        assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain"
    bucket, table = only(resources, "AWS::S3::Bucket"), only(resources, "AWS::DynamoDB::Table")
    rules = bucket["LifecycleConfiguration"]["Rules"]

    assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
    assert table["DeletionProtectionEnabled"] is (stage == "prod")
    assert bucket["VersioningConfiguration"]["Status"] == "Enabled"
    assert any("NoncurrentVersionExpiration" in rule for rule in rules)
    ends = [rule for rule in rules if "ExpirationInDays" in rule]
    ending = {rule["Prefix"]: rule["ExpirationInDays"] for rule in ends}
    assert ending == {"bodies/idempotency/": 2}  # longer than their records live; nothing else ends


def test_logs_do_not_pile_up(resources: Resources) -> None:
    """Every log group has an end of its days, and every function writes to one of them."""
    groups = of_type(resources, "AWS::Logs::LogGroup")

    assert all("RetentionInDays" in properties for properties in groups.values())
    for name, function in of_type(resources, "AWS::Lambda::Function").items():
        assert function["LoggingConfig"]["LogGroup"] == {"Ref": "FunctionLogs"}, name


def test_a_new_version_takes_over_slowly_and_goes_back_by_itself(
    stage: str, resources: Resources
) -> None:
    """In production a tenth of the calls for five minutes; an alarm gives them back."""
    groups = of_type(resources, "AWS::CodeDeploy::DeploymentGroup")
    wanted = "Canary10Percent5Minutes" if stage == "prod" else "AllAtOnce"

    assert len(groups) == len(of_type(resources, "AWS::Lambda::Function"))
    for name, group in groups.items():
        assert wanted in str(group["DeploymentConfigName"]), name
        assert group["AlarmConfiguration"]["Alarms"] == [{"Name": {"Ref": "FunctionErrorsAlarm"}}]
        assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"], name


def test_callers_know_aliases_only(template: dict[str, Any], resources: Resources) -> None:
    """Whoever called a function itself would get the new version at once."""
    aliases = set(of_type(resources, "AWS::Lambda::Alias"))

    machine = template["Resources"]["RunLifecycleStateMachine"]["Properties"]
    called = [each for key, each in machine["DefinitionSubstitutions"].items() if "Function" in key]
    assert all(each["Ref"].endswith(".Alias") for each in called)
    for kind, place in (
        ("AWS::Lambda::Permission", "FunctionName"),
        ("AWS::Lambda::EventSourceMapping", "FunctionName"),
    ):
        for name, properties in of_type(resources, kind).items():
            assert properties[place].get("Ref") in aliases, name


def test_a_change_of_a_layer_is_a_new_version(template: dict[str, Any]) -> None:
    """SAM looks at a function's own code only, unless it is told to look at everything."""
    layers = of_type(template["Resources"], "AWS::Serverless::LayerVersion")

    assert template["Globals"]["Function"]["AutoPublishAliasAllProperties"] is True
    assert all(properties["PublishLambdaVersion"] is True for properties in layers.values())


def test_everything_is_built_by_the_makefiles(template: dict[str, Any]) -> None:
    """SAM's own builder needs an interpreter of the target and knows no hashes."""
    for name, resource in template["Resources"].items():
        if resource["Type"].startswith(("AWS::Serverless::Function", "AWS::Serverless::Layer")):
            assert resource["Metadata"]["BuildMethod"] == "makefile", name
