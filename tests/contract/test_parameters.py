"""Parameters of the template: described, checked by CloudFormation, and read by the code."""

import json
import re
from typing import Any

import pytest
from understudy.domain.budgets import Limits, settle_limits
from understudy.domain.delays import BACKOFF
from understudy.settings import Settings, read_settings

from tests.contract.conftest import ROOT

FREE = {"OpenAIApiKey", "FallbackApiKey", "FallbackModel", "JwtAudience"}
"""Texts without a pattern: keys, and names that others choose."""

WRONG = {
    "OpenAIBaseUrl": "api.openai.com",
    "ModelAliases": "gpt-4o=gpt-6-luna",
    "JwtIssuer": "http://login.example.com",
    "DomainName": "https://assistants.example.com",
    "CertificateArn": "assistants.example.com",
    "AlarmEmail": "ops",
    "EventBusName": "arn:aws:events:us-east-1:123456789012:event-bus/mine",
    "FallbackBaseUrl": "localhost",
    "DropDefaults": "[]",
    "ServerTools": "query_database;get_table_schema",
    "RemoteTools": "{}",
    "DatabaseSecretArn": "postgresql://reader@db/shop",
    "DatabaseTables": "sales;drop",
    "PollSeconds": "0,1",
    "DefaultModel": "gpt 6",
    "DefaultBudgets": '{"run_usd":0}',
    "AllowedOrigins": "app.example.com",
    "RemoteToolArns": "stock",
    "DatabaseSecretKeyArn": "alias/database",
    "ToolSubnetIds": "subnet-1;subnet-2",
    "ToolSecurityGroupIds": "default",
}
"""Likely mistakes. The database's URL would be readable in the stack's parameters."""

SOURCE = (ROOT / "template.yaml").read_text()

RATES = ("requests_per_minute", "runs_per_minute")


@pytest.fixture
def parameters(template: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = template["Parameters"]
    return found


def test_texts_have_a_pattern_or_allowed_values(parameters: dict[str, Any]) -> None:
    """So that CloudFormation rejects a wrong value before it changes anything."""
    texts = {name for name, given in parameters.items() if given["Type"] == "String"}
    checks = {"AllowedPattern", "AllowedValues"}
    checked = {name for name, given in parameters.items() if checks & given.keys()}

    assert texts - checked == FREE


def test_defaults_match_their_patterns(parameters: dict[str, Any]) -> None:
    """CloudFormation checks defaults as well."""
    for name, given in parameters.items():
        if "AllowedPattern" in given:
            assert re.fullmatch(given["AllowedPattern"], given["Default"]), name


@pytest.mark.parametrize(("name", "value"), WRONG.items())
def test_wrong_value_is_rejected(parameters: dict[str, Any], name: str, value: str) -> None:
    assert not re.fullmatch(parameters[name]["AllowedPattern"], value)


def test_numbers_have_bounds(parameters: dict[str, Any]) -> None:
    """Zero days and a million rounds are mistakes."""
    for name, given in parameters.items():
        if given["Type"] == "Number":
            assert "AllowedValues" in given or "MinValue" in given, name


def test_every_parameter_is_used(parameters: dict[str, Any]) -> None:
    """One that nothing refers to would have no effect."""
    text = (ROOT / "template.yaml").read_text().partition("\nConditions:\n")[2]

    unused = [name for name in parameters if not re.search(rf"(!Ref |\$\{{){name}\b", text)]
    assert unused == []


def test_every_variable_is_a_setting(template: dict[str, Any]) -> None:
    """A variable under another name would never be read."""
    named = {"POWERTOOLS_LOG_LEVEL", "POWERTOOLS_SERVICE_NAME", "AWS_LAMBDA_EXEC_WRAPPER"}
    globals_ = template["Globals"]["Function"]["Environment"]["Variables"]
    variables = set(globals_) - named
    for resource in template["Resources"].values():
        variables |= (
            resource.get("Properties", {}).get("Environment", {}).get("Variables", {}).keys()
        ) - named

    assert {name.lower() for name in variables} <= Settings.model_fields.keys()


def test_defaults_are_the_codes_own(parameters: dict[str, Any]) -> None:
    """So that a test without the template behaves like a deployment."""
    fields = Settings.model_fields
    assert parameters["RunDeadlineSeconds"]["Default"] == fields["run_deadline"].default
    assert parameters["MaxToolRounds"]["Default"] == fields["max_tool_rounds"].default
    assert parameters["ThreadMaxAgeHours"]["Default"] == fields["thread_max_age_hours"].default
    assert parameters["ThreadTtlDays"]["Default"] == fields["thread_ttl_days"].default
    assert json.loads(parameters["ModelAliases"]["Default"])
    given = read_settings({"POLL_SECONDS": parameters["PollSeconds"]["Default"]})
    assert given.poll_seconds == fields["poll_seconds"].default == BACKOFF


def test_tool_concurrency_can_be_limited(template: dict[str, Any]) -> None:
    """Zero reserves nothing, because a new account has too few executions to reserve any."""
    function = template["Resources"]["ExecuteToolFunction"]["Properties"]

    wanted = ["HasToolConcurrency", {"Ref": "ToolConcurrency"}, {"Ref": "AWS::NoValue"}]
    assert function["ReservedConcurrentExecutions"] == {"Fn::If": wanted}


@pytest.mark.parametrize(
    "value",
    [
        '{"month":100}',
        '{"tenant_month_usd":"100"}',
        '{"tenant_month_usd":-1}',
        '{"tenant_month_usd":100,}',
        '{"tenant_month_usd":100 "run_usd":1}',
        '{"runs_per_minute":0.5}',
        '{"run_usd":0.0}',
        "{",
    ],
)
def test_invalid_budgets_are_rejected(parameters: dict[str, Any], value: str) -> None:
    """Before the deploy; otherwise every request would fail."""
    assert not re.fullmatch(parameters["DefaultBudgets"]["AllowedPattern"], value)


def test_every_limit_may_be_a_default(parameters: dict[str, Any]) -> None:
    """With the names and types that the code reads."""
    amounts = dict.fromkeys(Limits.model_fields, 0.05) | dict.fromkeys(RATES, 60)
    for value in (json.dumps(amounts), json.dumps(amounts, indent=1), '{"tenant_day_usd": 0}'):
        assert re.fullmatch(parameters["DefaultBudgets"]["AllowedPattern"], value)
        settled = settle_limits(None, read_settings({"DEFAULT_BUDGETS": value}).default_budgets)
        assert settled == Limits.model_validate_json(value)


def test_json_parameters_have_a_length(parameters: dict[str, Any]) -> None:
    """All variables of a function have 4 KB together; operate/parameters.py checks the sum."""
    in_environments = set(re.findall(r"^          [A-Z_]+: !Ref (\w+)$", SOURCE, re.MULTILINE))
    texts = {
        name
        for name, given in parameters.items()
        if given["Type"] == "String" and "AllowedValues" not in given
    }

    unbounded = {name for name in texts & in_environments if "MaxLength" not in parameters[name]}
    assert len(texts & in_environments) > 10
    assert unbounded == set()
