"""Stacks beside each other in one account, and in other regions and partitions."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.deployments import Resources, default_resources, of_type

STACKS = ("understudy-dev", "understudy-prod")
REGIONS = ("us-east-1", "eu-central-1", "ap-southeast-2")

NOT_A_NAME = {
    ("AWS::Lambda::Alias", "Name"): "an alias is named within its function",
    ("AWS::ApiGateway::Stage", "StageName"): "a stage is named within its API",
    ("AWS::CodeDeploy::DeploymentGroup", "DeploymentConfigName"): "a configuration of AWS",
    ("AWS::Events::Rule", "EventBusName"): "the bus of the parameter EventBusName",
    ("AWS::CloudWatch::Alarm", "MetricName"): "the metric is that of the stack by its dimensions",
}
"""Properties that name nothing in the account. The reason is part of the message of a failure."""

REFERENCES = ("Ref", "Fn::GetAtt")

LONGEST = {"BucketName": 63, "LogGroupName": 512, "LayerName": 140, "Name": 64}
"""AWS's limits; `Name` is the shortest of those that have this property."""


def names(resources: Resources) -> Iterator[tuple[str, str, str]]:
    """Yields logical id, property and value of every physical name that the template chooses."""
    for logical_id, resource in resources.items():
        for key, value in resource.get("Properties", {}).items():
            is_reference = isinstance(value, dict) and value.keys() <= set(REFERENCES)
            if not key.endswith("Name") or is_reference:
                continue
            if (resource["Type"], key) not in NOT_A_NAME:
                yield logical_id, key, json.dumps(value) if isinstance(value, dict) else value


def literals(node: Any) -> Iterator[str]:
    """Yields every text in a part of the template."""
    if isinstance(node, dict):
        for value in node.values():
            yield from literals(value)
    elif isinstance(node, list):
        for value in node:
            yield from literals(value)
    elif isinstance(node, str):
        yield node


def test_two_stacks_share_no_name() -> None:
    """CloudFormation would fail with "already exists" and roll the second stack back."""
    one, other = (set(names(default_resources(stack=stack))) for stack in STACKS)

    assert {(logical_id, key) for logical_id, key, _ in one} == {each[:2] for each in other}
    assert one & other == set()


@pytest.mark.parametrize("stack", STACKS)
def test_every_name_contains_the_stack(stack: str) -> None:
    """So that an operator sees what belongs to which deployment."""
    found = list(names(default_resources(stack=stack)))

    assert found
    assert [each for each in found if stack not in each[2]] == []


def test_schedules_have_generated_names() -> None:
    """SAM would name them by their logical ids, which are the same in every stack."""
    schedules = of_type(default_resources(), "AWS::Scheduler::Schedule")

    assert len(schedules) == 2
    assert [name for name, each in schedules.items() if "Name" in each] == []


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("stack", STACKS)
def test_names_are_short_enough_in_every_region(region: str, stack: str) -> None:
    """The bucket's name has the region in it, and buckets take lower case only."""
    for logical_id, key, value in names(default_resources(region, stack)):
        assert len(value) <= LONGEST.get(key, 255), logical_id
        if key == "BucketName":
            assert value == value.lower()


@pytest.mark.parametrize("region", ["cn-north-1", "us-gov-west-1"])
def test_no_arn_names_the_commercial_partition(region: str) -> None:
    """China and GovCloud have other ARNs; the state machine's definition has some too."""
    texts = [text for text in literals(default_resources(region)) if "arn:aws:" in text]

    assert texts == []


@pytest.mark.parametrize("region", REGIONS[1:])
def test_no_resource_names_a_region(region: str) -> None:
    """A literal region would be wrong in all others."""
    assert [text for text in literals(default_resources(region)) if "us-east-1" in text] == []


def test_log_groups_of_services_need_no_resource_policy_of_their_own() -> None:
    """The account's log resource policy has 5,120 characters; names under vendedlogs use none."""
    groups = of_type(default_resources(stack="understudy-dev"), "AWS::Logs::LogGroup")

    chosen = {name: each["LogGroupName"] for name, each in groups.items() if "LogGroupName" in each}
    assert chosen == {
        "StateMachineLogs": "/aws/vendedlogs/states/understudy-dev",
        "ApiLogs": "/aws/vendedlogs/apis/understudy-dev",
    }
