"""How new versions of the functions take over."""

from typing import Any

import pytest

from tests.contract.deployments import Resources, default_resources, of_type, resources_of

CANARY, AT_ONCE = "LambdaCanary10Percent5Minutes", "LambdaAllAtOnce"
SNAP_START_STORAGE_MB = 512
"""Lambda rejects SnapStart for a function with more."""

API_GATEWAY_SECONDS = 29

WITH_OWN_RUNTIME = {"StreamRunFunction", "ForwardRequestFunction"}
"""SnapStart needs a part of the runtime that theirs does not have."""


def groups_of(**given: str) -> Resources:
    """Returns the deployment groups of a stack with these parameters."""
    return of_type(resources_of(given), "AWS::CodeDeploy::DeploymentGroup")


@pytest.mark.parametrize(
    ("stage", "preference", "wanted"),
    [
        ("dev", "default", AT_ONCE),
        ("prod", "default", CANARY),
        ("dev", "Canary10Percent5Minutes", CANARY),
        ("prod", "AllAtOnce", AT_ONCE),
    ],
)
def test_alarm_rolls_a_new_version_back(stage: str, preference: str, wanted: str) -> None:
    """In production by default a tenth of the calls go to the new version for five minutes."""
    groups = groups_of(Stage=stage, DeploymentPreference=preference)

    assert len(groups) == len(of_type(default_resources(), "AWS::Lambda::Function"))
    for name, group in groups.items():
        assert group["DeploymentConfigName"] == f"CodeDeployDefault.{wanted}", name
        assert group["AlarmConfiguration"]["Enabled"] is True, name
        assert group["AlarmConfiguration"]["Alarms"] == [{"Name": {"Ref": "FunctionErrorsAlarm"}}]
        assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"], name


def test_deploy_is_possible_while_the_alarm_fires() -> None:
    """A fix must reach production while a provider or an application is down."""
    for name, group in groups_of(
        Stage="prod", DeploymentPreference="AllAtOnceWithoutAlarm"
    ).items():
        assert group["DeploymentConfigName"] == f"CodeDeployDefault.{AT_ONCE}", name
        assert group.get("AlarmConfiguration", {}) == {}, name


def test_alarm_counts_the_lines_that_the_filter_finds() -> None:
    """The filter reads the group that all functions write to."""
    resources = default_resources()
    [found] = of_type(resources, "AWS::Logs::MetricFilter").values()
    alarm = resources["FunctionErrorsAlarm"]["Properties"]
    [metric] = found["MetricTransformations"]

    assert found["LogGroupName"] == {"Ref": "FunctionLogs"}
    assert (metric["MetricNamespace"], metric["MetricName"]) == (
        alarm["Namespace"],
        alarm["MetricName"],
    )


def test_callers_use_aliases_only(template: dict[str, Any]) -> None:
    """A caller of the function itself would bypass the gradual deployment."""
    resources = default_resources()
    aliases = of_type(resources, "AWS::Lambda::Alias")

    machine = template["Resources"]["RunLifecycleStateMachine"]["Properties"]
    called = [each for key, each in machine["DefinitionSubstitutions"].items() if "Function" in key]
    assert all(each["Ref"].endswith(".Alias") for each in called)
    for kind in ("AWS::Lambda::Permission", "AWS::Lambda::EventSourceMapping"):
        for name, properties in of_type(resources, kind).items():
            assert properties["FunctionName"].get("Ref") in aliases, name


def test_changed_layer_publishes_new_versions(template: dict[str, Any]) -> None:
    """SAM compares only a function's own code unless both properties are set."""
    layers = of_type(template["Resources"], "AWS::Serverless::LayerVersion")

    assert template["Globals"]["Function"]["AutoPublishAliasAllProperties"] is True
    assert all(properties["PublishLambdaVersion"] is True for properties in layers.values())


def test_functions_and_layers_are_built_by_makefiles(template: dict[str, Any]) -> None:
    """SAM's own builder needs an interpreter of the target and ignores hashes."""
    for name, resource in template["Resources"].items():
        if resource["Type"].startswith(("AWS::Serverless::Function", "AWS::Serverless::Layer")):
            assert resource["Metadata"]["BuildMethod"] == "makefile", name


def test_snap_start_is_off_where_lambda_rejects_it() -> None:
    """With more than 512 MB of ephemeral storage; elsewhere the parameter decides."""
    functions = of_type(resources_of({"SnapStart": "PublishedVersions"}), "AWS::Lambda::Function")

    large = {
        name
        for name, each in functions.items()
        if each.get("EphemeralStorage", {}).get("Size", 0) > SNAP_START_STORAGE_MB
    }
    assert large == {"ArchiveImagesFunction"}
    for name, each in functions.items():
        wanted = "None" if name in large | WITH_OWN_RUNTIME else "PublishedVersions"
        assert each["SnapStart"] == {"ApplyOn": wanted}, name


def test_functions_behind_the_api_end_before_api_gateway_does(functions: dict[str, Any]) -> None:
    """So that the client gets the function's error and not API Gateway's 504."""
    behind = {
        name
        for name, each in functions.items()
        for event in each.get("Events", {}).values()
        if event["Type"] == "Api" and "ResponseTransferMode" not in event["Properties"]
    }
    deployed = of_type(default_resources(), "AWS::Lambda::Function")

    assert {"ApiFunction", "FilesFunction", "ReceiveWebhookFunction"} <= behind
    assert all(deployed[name]["Timeout"] < API_GATEWAY_SECONDS for name in behind)
