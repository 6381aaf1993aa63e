"""Parameters of the template: said what for, checked by CloudFormation, and read by the code."""

import json
import re
from typing import Any

import pytest
from understudy.domain.budgets import Limits, settle_limits
from understudy.domain.delays import BACKOFF
from understudy.settings import Settings, read_settings

from tests.contract.conftest import ROOT

FREE = {"OpenAIApiKey", "FallbackApiKey", "FallbackModel", "JwtAudience"}
"""Texts that may be anything: keys, and names that others give."""

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
}
"""What somebody may put there by mistake; the database's URL would be in the clear."""

RATES = ("requests_per_minute", "runs_per_minute")


@pytest.fixture
def parameters(template: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = template["Parameters"]
    return found


def test_a_text_is_checked_before_anything_is_deployed(parameters: dict[str, Any]) -> None:
    """By a pattern, or by the values that there are."""
    texts = {name for name, given in parameters.items() if given["Type"] == "String"}
    checks = {"AllowedPattern", "AllowedValues"}
    checked = {name for name, given in parameters.items() if checks & given.keys()}

    assert texts - checked == FREE


def test_every_default_fits(parameters: dict[str, Any]) -> None:
    """CloudFormation checks defaults too, at the first deployment."""
    for name, given in parameters.items():
        if "AllowedPattern" in given:
            assert re.fullmatch(given["AllowedPattern"], given["Default"]), name


@pytest.mark.parametrize(("name", "value"), WRONG.items())
def test_what_cannot_work_is_refused(parameters: dict[str, Any], name: str, value: str) -> None:
    """At once, and not at the first request."""
    assert not re.fullmatch(parameters[name]["AllowedPattern"], value)


def test_numbers_have_bounds(parameters: dict[str, Any]) -> None:
    """Zero days or a million rounds are mistakes."""
    for name, given in parameters.items():
        if given["Type"] == "Number":
            assert "AllowedValues" in given or "MinValue" in given, name


def test_every_parameter_is_used(parameters: dict[str, Any]) -> None:
    """One that nothing refers to would be set in vain."""
    text = (ROOT / "template.yaml").read_text().partition("\nConditions:\n")[2]

    unused = [name for name in parameters if not re.search(rf"(!Ref |\$\{{){name}\b", text)]
    assert unused == []


def test_every_variable_is_a_setting(template: dict[str, Any]) -> None:
    """What the template hands to a function under another name would never be read."""
    named = {"POWERTOOLS_LOG_LEVEL", "POWERTOOLS_SERVICE_NAME"}
    globals_ = template["Globals"]["Function"]["Environment"]["Variables"]
    variables = set(globals_) - named
    for resource in template["Resources"].values():
        variables |= (
            resource.get("Properties", {}).get("Environment", {}).get("Variables", {}).keys()
        )

    assert {name.lower() for name in variables} <= Settings.model_fields.keys()


def test_defaults_are_the_codes_own(parameters: dict[str, Any]) -> None:
    """So that a test without the template sees what a deployment does."""
    fields = Settings.model_fields
    assert parameters["RunDeadlineSeconds"]["Default"] == fields["run_deadline"].default
    assert parameters["MaxToolRounds"]["Default"] == fields["max_tool_rounds"].default
    assert parameters["ThreadMaxAgeHours"]["Default"] == fields["thread_max_age_hours"].default
    assert parameters["ThreadTtlDays"]["Default"] == fields["thread_ttl_days"].default
    assert json.loads(parameters["ModelAliases"]["Default"])
    given = read_settings({"POLL_SECONDS": parameters["PollSeconds"]["Default"]})
    assert given.poll_seconds == fields["poll_seconds"].default == BACKOFF


def test_tools_can_be_held_to_a_number(template: dict[str, Any]) -> None:
    """Zero reserves nothing, because a small account has nothing to reserve."""
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
def test_budgets_that_make_no_sense_are_refused(parameters: dict[str, Any], value: str) -> None:
    """Before the deploy, because a request that finds them could only fail."""
    assert not re.fullmatch(parameters["DefaultBudgets"]["AllowedPattern"], value)


def test_every_limit_may_be_a_default(parameters: dict[str, Any]) -> None:
    """With the names and the types that the code reads."""
    amounts = dict.fromkeys(Limits.model_fields, 0.05) | dict.fromkeys(RATES, 60)
    for value in (json.dumps(amounts), json.dumps(amounts, indent=1), '{"tenant_day_usd": 0}'):
        assert re.fullmatch(parameters["DefaultBudgets"]["AllowedPattern"], value)
        settled = settle_limits(None, read_settings({"DEFAULT_BUDGETS": value}).default_budgets)
        assert settled == Limits.model_validate_json(value)
