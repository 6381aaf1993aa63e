"""A changed parameter publishes a new version of the functions it configures, and of no others."""

from functools import cache
from typing import Any

import pytest

from tests.contract.deployments import TEMPLATE, Resources, of_type, resources_of, values_of

OTHER = {
    "AccessLogs": "on",
    "Stage": "prod",
    "Architecture": "x86_64",
    "DeploymentPreference": "AllAtOnceWithoutAlarm",
    "LogLevel": "DEBUG",
    "LogRetentionDays": "7",
    "OpenAIApiKey": "another",
    "OpenAIBaseUrl": "https://models.example.com/v1",
    "ModelAliases": '{"gpt-4o": "gpt-6-luna"}',
    "UnknownModels": "reject",
    "DefaultModel": "gpt-6-luna",
    "DefaultBudgets": '{"run_usd":0.5}',
    "JwtIssuer": "https://login.example.com",
    "JwtAudience": "assistants",
    "JwtTenantClaim": "org",
    "DomainName": "assistants.example.com",
    "CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/1",
    "AllowedOrigins": "https://app.example.com,https://www.example.com",
    "RequestsPerSecond": "50",
    "ToolConcurrency": "5",
    "RunDeadlineSeconds": "1200",
    "PollSeconds": "2,4",
    "MaxToolRounds": "5",
    "ThreadMaxAgeHours": "12",
    "ThreadTtlDays": "30",
    "WebhooksEnabled": "true",
    "EventBusName": "runs",
    "AlarmEmail": "ops@example.com",
    "FallbackEnabled": "true",
    "FallbackModel": "gpt-6-luna",
    "FallbackBaseUrl": "https://other.example.com/v1",
    "FallbackApiKey": "another",
    "DropDefaults": '{"reports":{"message":"Summarise"}}',
    "ServerTools": "query_database",
    "RemoteTools": "[]",
    "RemoteToolArns": "arn:aws:lambda:us-east-1:123456789012:function:stock",
    "DatabaseSecretArn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-1",
    "DatabaseSecretKeyArn": "arn:aws:kms:us-east-1:123456789012:key/1",
    "DatabaseTables": "sales",
    "ToolSubnetIds": "subnet-1,subnet-2",
    "ToolSecurityGroupIds": "sg-1",
    "SnapStart": "PublishedVersions",
}
"""A second value of every parameter."""

NEEDS = {
    "CertificateArn": ("DomainName",),
    "DomainName": ("CertificateArn",),
    "RemoteTools": ("RemoteToolArns",),
    "RemoteToolArns": ("RemoteTools",),
    "DatabaseSecretKeyArn": ("DatabaseSecretArn",),
    "ToolSubnetIds": ("ToolSecurityGroupIds",),
    "ToolSecurityGroupIds": ("ToolSubnetIds",),
}
"""Parameters that have an effect only together with others."""


@cache
def deployed(given: tuple[tuple[str, str], ...]) -> Resources:
    """Returns the resources of a stack that `make deploy` would create with these parameters."""
    return resources_of(dict(given), stamped=True)


def configurations(resources: Resources) -> dict[str, Any]:
    """Returns what Lambda is configured with by function, without the name of the package."""
    functions = of_type(resources, "AWS::Lambda::Function")
    return {
        name: {key: value for key, value in properties.items() if key != "Code"}
        for name, properties in functions.items()
    }


def versions(resources: Resources) -> dict[str, str]:
    """Returns the logical id of each function's version."""
    found = of_type(resources, "AWS::Lambda::Version")
    return {str(each["FunctionName"]["Ref"]): name for name, each in found.items()}


def changed(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    """Returns the keys whose values differ."""
    return {name for name in before if before[name] != after[name]}


def test_every_parameter_has_a_second_value() -> None:
    """A new parameter needs an entry in OTHER, so that the tests below cover it."""
    defaults = values_of({})

    assert OTHER.keys() == TEMPLATE["Parameters"].keys()
    assert [name for name, value in OTHER.items() if defaults.get(name) == value] == []


@pytest.mark.parametrize("name", OTHER)
def test_versions_follow_the_value_of_each_parameter(name: str) -> None:
    """Functions whose configuration differs get another version id; all others keep theirs."""
    companions = {each: OTHER[each] for each in NEEDS.get(name, ())}
    before = deployed(tuple(companions.items()))
    after = deployed((*companions.items(), (name, OTHER[name])))

    assert before != after, f"{name} has no effect"
    reconfigured = changed(configurations(before), configurations(after))
    assert changed(versions(before), versions(after)) == reconfigured


def test_sam_alone_publishes_nothing_for_a_changed_parameter() -> None:
    """The reason for operate/release.py: once this fails, SAM issue 3820 is fixed."""
    given = {"LogLevel": "DEBUG", "WebhooksEnabled": "true", "ModelAliases": "{}"}

    assert versions(resources_of({})) == versions(resources_of(given))
