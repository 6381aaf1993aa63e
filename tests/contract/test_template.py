"""What the template guarantees about security, data and events, in both stages."""

import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from typing import Any

import pytest

from tests.contract.deployments import ACCOUNT, Resources, of_type, resources_of

ASYNCHRONOUS = {"EventBridgeRule", "Schedule", "ScheduleV2", "S3"}
"""Events without a caller that could retry: after Lambda's own retries the event is lost."""

WITHOUT_RESOURCES = ("logs:", "xray:")
"""Prefixes of actions that AWS grants on `*` only."""


@pytest.fixture(scope="module", params=["dev", "prod"])
def stage(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def resources(stage: str) -> Resources:
    return resources_of({"Stage": stage, "AlarmEmail": "ops@example.com"})


def only(resources: Resources, kind: str) -> dict[str, Any]:
    """Returns the properties of the one resource of a type."""
    [properties] = of_type(resources, kind).values()
    return properties


def named_in(node: Any) -> Iterator[str]:
    """Yields the logical ids that a part of the template refers to."""
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


def test_resources_have_no_circular_references(resources: Resources) -> None:
    """CloudFormation rejects a circle, but only during a deploy."""
    needs = {}
    for name, resource in resources.items():
        given = resource.get("DependsOn", [])
        waits_for = {given} if isinstance(given, str) else set(given)
        for part in ("Properties", "UpdatePolicy"):
            waits_for |= set(named_in(resource.get(part, {})))
        needs[name] = waits_for & resources.keys()

    assert list(TopologicalSorter(needs).static_order())  # raises CycleError


def test_only_the_provider_key_has_no_default(template: dict[str, Any]) -> None:
    parameters = template["Parameters"]

    assert [name for name, given in parameters.items() if "Default" not in given] == [
        "OpenAIApiKey"
    ]
    assert [name for name, given in parameters.items() if not given.get("Description")] == []


def test_keys_are_stored_in_secrets_manager_only(template: dict[str, Any]) -> None:
    """A NoEcho parameter appears in no environment, output or tag."""
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


def test_roles_have_no_wildcard_actions(resources: Resources) -> None:
    """`*` is a resource only for actions that have no resource-level permissions."""
    for name, role in of_type(resources, "AWS::IAM::Role").items():
        for policy in role.get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                given = statement["Action"]
                actions = [given] if isinstance(given, str) else given
                assert [action for action in actions if "*" in action] == [], name
                if statement["Resource"] == "*":
                    assert all(action.startswith(WITHOUT_RESOURCES) for action in actions), name


def test_every_permission_names_its_source(resources: Resources) -> None:
    """Another account's API, rule or bucket cannot invoke a function."""
    permissions = of_type(resources, "AWS::Lambda::Permission")

    assert permissions
    for name, properties in permissions.items():
        assert "SourceArn" in properties, name
        if properties["Principal"] == "s3.amazonaws.com":  # an S3 ARN has no account
            assert properties["SourceAccount"] == ACCOUNT, name


def test_asynchronous_events_have_a_dead_letter_queue(functions: dict[str, Any]) -> None:
    """An event that a function cannot process is kept unchanged."""
    for name, properties in functions.items():
        for event in properties.get("Events", {}).values():
            if event["Type"] in ASYNCHRONOUS:
                assert "DeadLetterQueue" in properties, name
            if event["Type"] == "DynamoDB":
                assert "OnFailure" in event["Properties"]["DestinationConfig"], name


def test_streams_filter_their_records(resources: Resources) -> None:
    """Each function is invoked for the few records that concern it, and retries are bounded."""
    mappings = of_type(resources, "AWS::Lambda::EventSourceMapping")

    assert len(mappings) == 2
    for name, mapping in mappings.items():
        assert mapping["FilterCriteria"]["Filters"], name
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"], name
        assert mapping["MaximumRetryAttempts"] <= 20, name


def test_rules_and_schedules_have_one_target_each(resources: Resources) -> None:
    """An alias, and permission or role to invoke it."""
    aliases = of_type(resources, "AWS::Lambda::Alias")
    rules = of_type(resources, "AWS::Events::Rule")
    schedules = of_type(resources, "AWS::Scheduler::Schedule")

    targets = [each["Targets"] for each in rules.values()]
    targets += [[each["Target"]] for each in schedules.values()]
    assert [target["Arn"]["Ref"] for [target] in targets if target["Arn"]["Ref"] in aliases] == [
        target["Arn"]["Ref"] for [target] in targets
    ]
    assert {each["ScheduleExpression"] for each in schedules.values()} == {
        "rate(1 minute)",
        "rate(1 day)",
    }
    assert all("RoleArn" in each["Target"] for each in schedules.values())


def test_functions_of_the_bucket_have_a_dead_letter_queue(
    template: dict[str, Any], functions: dict[str, Any]
) -> None:
    """The bucket's notifications are properties of the bucket and not events of functions."""
    bucket = template["Resources"]["Bucket"]["Properties"]["NotificationConfiguration"]
    invoked = {each["Function"]["Ref"].partition(".")[0] for each in bucket["LambdaConfigurations"]}

    assert invoked == {"UploadFileFunction", "ArchiveImagesFunction"}
    assert [name for name in invoked if "DeadLetterQueue" not in functions[name]] == []


def test_roles_get_the_arn_of_the_bucket(resources: Resources) -> None:
    """The parameter that breaks the circle between bucket and roles holds the real name."""
    bucket = only(resources, "AWS::S3::Bucket")["BucketName"]

    assert only(resources, "AWS::SSM::Parameter")["Value"] == f"arn:aws:s3:::{bucket}"
    for name, function in of_type(resources, "AWS::Lambda::Function").items():
        assert function["Environment"]["Variables"]["BUCKET_NAME"] == bucket, name


def test_data_is_encrypted_and_private(resources: Resources) -> None:
    """At rest with keys that cost nothing, in transit by TLS, and never public."""
    bucket, table = only(resources, "AWS::S3::Bucket"), only(resources, "AWS::DynamoDB::Table")
    [deny] = only(resources, "AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"]

    [rule] = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert deny["Effect"] == "Deny"
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": False}}
    assert "SSESpecification" not in table  # DynamoDB's own key; another one is KMS and billed
    assert only(resources, "AWS::SQS::Queue")["SqsManagedSseEnabled"] is True


def test_data_survives_the_stack_but_not_a_failed_first_deploy(
    stage: str, resources: Resources
) -> None:
    """A bucket left over by a rolled back creation would make every further try fail."""
    for kind in ("AWS::S3::Bucket", "AWS::DynamoDB::Table"):
        [resource] = [each for each in resources.values() if each["Type"] == kind]
        assert resource["DeletionPolicy"] == "RetainExceptOnCreate"
        assert resource["UpdateReplacePolicy"] == "Retain"
    table = only(resources, "AWS::DynamoDB::Table")

    assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
    assert table["DeletionProtectionEnabled"] is (stage == "prod")


def test_old_versions_and_delete_markers_expire(resources: Resources) -> None:
    """No current object expires, except idempotent responses, whose records live for a day."""
    bucket = only(resources, "AWS::S3::Bucket")
    rules = bucket["LifecycleConfiguration"]["Rules"]

    assert bucket["VersioningConfiguration"]["Status"] == "Enabled"
    [old] = [rule for rule in rules if "NoncurrentVersionExpiration" in rule]
    assert old["ExpiredObjectDeleteMarker"] is True
    assert "Prefix" not in old
    expiring = [rule for rule in rules if "ExpirationInDays" in rule]
    assert {rule["Prefix"]: rule["ExpirationInDays"] for rule in expiring} == {
        "bodies/idempotency/": 2,
        "bodies/responses/": 1,
    }


def test_logs_expire(resources: Resources) -> None:
    """Every function writes to the one group of the functions."""
    groups = of_type(resources, "AWS::Logs::LogGroup")

    assert all("RetentionInDays" in properties for properties in groups.values())
    for name, function in of_type(resources, "AWS::Lambda::Function").items():
        assert function["LoggingConfig"]["LogGroup"] == {"Ref": "FunctionLogs"}, name
