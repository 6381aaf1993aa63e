"""What local AWS does not create is checked on the template instead."""

import ast
from functools import cache

from local.aws.resources import reason_not_created
from tests.contract.conftest import ROOT
from tests.contract.deployments import default_resources, resources_of

CHECKED_BY = {
    "AWS::ApiGateway::Account": "test_network.test_access_logs_change_the_account_only_on_request",
    "AWS::ApiGateway::Deployment": "test_network.test_each_change_of_a_route_makes_a_deployment",
    "AWS::ApiGateway::RestApi": "test_network.test_routes_invoke_aliases",
    "AWS::ApiGateway::Stage": "test_network.test_api_is_deployed_and_limited",
    "AWS::ApiGatewayV2::ApiMapping": "test_network.test_custom_domain_serves_the_api",
    "AWS::ApiGatewayV2::DomainName": "test_network.test_custom_domain_serves_the_api",
    "AWS::CloudWatch::Alarm": "test_metrics.test_watched_metrics_are_emitted",
    "AWS::CodeDeploy::Application": "test_rollout.test_alarm_rolls_a_new_version_back",
    "AWS::CodeDeploy::DeploymentGroup": "test_rollout.test_alarm_rolls_a_new_version_back",
    "AWS::Events::Rule": "test_template.test_rules_and_schedules_have_one_target_each",
    "AWS::Lambda::Alias": "test_rollout.test_callers_use_aliases_only",
    "AWS::Lambda::EventSourceMapping": "test_template.test_streams_filter_their_records",
    "AWS::Lambda::Function": "test_versions.test_versions_follow_the_value_of_each_parameter",
    "AWS::Lambda::LayerVersion": "test_rollout.test_changed_layer_publishes_new_versions",
    "AWS::Lambda::Permission": "test_template.test_every_permission_names_its_source",
    "AWS::Lambda::Version": "test_versions.test_versions_follow_the_value_of_each_parameter",
    "AWS::Logs::MetricFilter": "test_rollout.test_alarm_counts_the_lines_that_the_filter_finds",
    "AWS::Logs::QueryDefinition": "test_metrics.test_saved_queries_use_logged_fields",
    "AWS::S3::BucketPolicy": "test_template.test_data_is_encrypted_and_private",
    "AWS::SSM::Parameter": "test_template.test_roles_get_the_arn_of_the_bucket",
    "AWS::Scheduler::Schedule": "test_template.test_rules_and_schedules_have_one_target_each",
    "AWS::SecretsManager::Secret": "test_template.test_keys_are_stored_in_secrets_manager_only",
    "AWS::StepFunctions::StateMachine": "test_asl.test_substitutions_match_placeholders",
}
"""The test of each resource type in the template that CloudFormation on local AWS skips."""


@cache
def names_in(module: str) -> set[str]:
    """Returns the names of the tests in a module of this folder."""
    tree = ast.parse((ROOT / "tests" / "contract" / f"{module}.py").read_text())
    return {each.name for each in tree.body if isinstance(each, ast.FunctionDef)}


def test_every_left_out_type_has_a_test() -> None:
    """A new resource that local AWS cannot create needs one too."""
    certificate = "arn:aws:acm:us-east-1:123456789012:certificate/1"
    given = {
        "DomainName": "assistants.example.com",
        "CertificateArn": certificate,
        "AccessLogs": "on-and-set-role",
    }
    resources = {**default_resources(), **resources_of(given)}
    skipped = {
        each["Type"] for each in resources.values() if reason_not_created(each["Type"]) is not None
    }

    assert skipped == CHECKED_BY.keys()


def test_the_tests_exist() -> None:
    named = [each.split(".") for each in CHECKED_BY.values()]

    assert [test for module, test in named if test not in names_in(module)] == []
