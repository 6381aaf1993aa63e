"""The dashboard and the alarms use only metrics that the running system emits.

A stack of its own is driven through all that can be measured. What its functions write in
CloudWatch's embedded metric format is then held against the template and against the code's list.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from openai import OpenAI, RateLimitError
from openai.types.beta.threads import Run
from understudy.domain.budgets import Limits
from understudy.domain.run_errors import MEASURED
from understudy.observability import NAMESPACE, Metric
from understudy.services import Services
from understudy.settings import Settings

from local.stack import Stack, StackOptions
from tests.contract.conftest import ROOT
from tests.e2e.conversations import SCHEMA_TOOL, ended, recorded, start
from tests.limits import TIMEOUT_FACTOR, WAIT_SECONDS
from tests.unit import stage

KEY = "us-test-key-of-the-metrics"
STACK = "understudy"
"""Name of the embedded stack, which is what the dimension `service` has."""

TENANT = "metered"
OUTAGE = {"path": "/v1/responses"}
ENDS = "completed incomplete completed completed failed failed completed failed"
"""With a tool; at the cap; twice by the fallback; wrong key; wrong request; after a retry;
aborted."""

REF = {"Ref": "AWS::StackName"}

Series = tuple[str, str, frozenset[tuple[str, str]]]
"""Namespace, name and dimensions: what CloudWatch takes for one metric."""

ROLLBACK = {"FunctionErrorsAlarm"}

VALUES = {
    "status": {"completed", "incomplete", "failed", "expired", "cancelled"},
    "code": {
        "unavailable",
        "rate_limited",
        "quota",
        "key",
        "refused",
        "not_found",
        "unknown_model",
    },
    "error_code": set(MEASURED),
}
"""All values of a dimension, as far as the code decides them."""


@pytest.fixture(scope="module")
def emitted() -> set[Series]:
    """Returns every series that the functions wrote while each measured event happened once."""
    options = StackOptions(
        api_key="us-operator",
        scale=0.05,
        timeout_factor=TIMEOUT_FACTOR,
        webhooks=False,
        parameters={"FallbackEnabled": "true", "RunDeadlineSeconds": "600"},
    )
    with Stack(options) as stack:
        _live(stack)
        assert stack.aws.runtime is not None
        logs = [stack.aws.runtime.logs(name) for name in stack.deployment.functions]
    return {series for log in logs for series in _series(log)}


def _live(stack: Stack) -> None:
    """Executes runs that end in each way: with a tool, degraded, failed, at the cap, swept."""
    assert stack.provider is not None
    control = stack.provider.control
    limits = Limits(tenant_month_usd=100, run_usd=0.01, runs_per_minute=1000)
    stack.add_key(KEY, tenant=TENANT, limits=limits)
    stack.add_key(f"{KEY}-broke", tenant="broke", limits=Limits(tenant_day_usd=0))
    stack.add_key(f"{KEY}-slow", tenant="slow", limits=Limits(requests_per_minute=1))
    with OpenAI(base_url=stack.base_url, api_key=KEY, max_retries=0) as client:
        call = {"name": "get_table_schema", "arguments": '{"table_name": "sales"}'}
        control.script_answer(calls=[call])
        runs = [ended(client, start(client, "Which columns has sales?", tools=[SCHEMA_TOOL]))]
        control.script_answer(calls=[call], usage={"output_tokens": 30_000})
        runs.append(ended(client, start(client, "And now?", tools=[SCHEMA_TOOL])))
        for status, code in [(500, ""), (429, "insufficient_quota"), (401, ""), (400, "")]:
            control.script_fault(status=status, error={"code": code}, match=OUTAGE, times=None)
            runs.append(ended(client, start(client, "Hello")))
            control.reset()
        control.script_fault(status=429, headers={"retry-after": "1"}, match=OUTAGE)
        runs.append(ended(client, start(client, "Hello")))
        runs.append(_aborted(stack, client))
        for run in runs:
            recorded(stack, run)
        assert " ".join(str(run.status) for run in runs) == ENDS
    _refuse(stack, f"{KEY}-broke")
    _refuse(stack, f"{KEY}-slow")
    _sweep(stack)


def _aborted(stack: Stack, client: OpenAI) -> Run:
    """A run whose execution an operator stops, so that none of its states records the end."""
    assert stack.provider is not None
    stack.provider.control.hold("in_progress")
    run = start(client, "Hello")
    stack.provider.control.wait_for_parked(1, "in_progress", timeout=WAIT_SECONDS)
    machine = stack.deployment.outputs["StateMachineArn"]
    execution = f"{machine.replace(':stateMachine:', ':execution:')}:{run.id}"
    stack.client("stepfunctions").stop_execution(executionArn=execution)
    return ended(client, run)


def _sweep(stack: Stack) -> None:
    """Sweeps a run that is past its deadline and has no execution."""
    services = Services(Settings())
    services.__dict__["table"] = stack.table()
    stage.put_run(services, deadline=1000, sweep_at=1000)
    stack.events.tick("SweepRunsFunctionEveryMinute")
    stack.events.drain(WAIT_SECONDS)
    assert stage.stored_run(services).status == "expired"


def _refuse(stack: Stack, key: str) -> None:
    with (
        OpenAI(base_url=stack.base_url, api_key=key, max_retries=0) as client,
        pytest.raises(RateLimitError),
    ):
        start(client, "Hello")  # three requests: assistant, thread, run


def _series(log: str) -> Iterator[Series]:
    for line in log.splitlines():
        if not line.startswith('{"_aws"'):
            continue
        entry = json.loads(line)
        for directive in entry["_aws"]["CloudWatchMetrics"]:
            for names in directive["Dimensions"]:
                dimensions = frozenset((name, entry[name]) for name in names)
                for metric in directive["Metrics"]:
                    assert metric["Name"] in entry
                    yield directive["Namespace"], metric["Name"], dimensions


def watched(template: dict[str, Any]) -> set[Series]:
    """Every series of Understudy that the dashboard or an alarm looks at."""
    found: set[Series] = set()
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::CloudWatch::Dashboard":
            text = properties["DashboardBody"]["Fn::Sub"].replace("${AWS::StackName}", STACK)
            body = json.loads(text)
            for widget in body["widgets"]:
                found |= {_of_row(row) for row in widget["properties"].get("metrics", [])}
        elif resource["Type"] == "AWS::CloudWatch::Alarm":
            found |= set(_of_alarm(properties))
    return {series for series in found if series[0] == NAMESPACE}


def _of_row(row: list[Any]) -> Series:
    parts = [part for part in row if isinstance(part, str)]
    return parts[0], parts[1], frozenset(zip(parts[2::2], parts[3::2], strict=True))


def _of_alarm(properties: dict[str, Any]) -> Iterator[Series]:
    queries = properties.get("Metrics", [])
    summed = [query["MetricStat"]["Metric"] for query in queries if "MetricStat" in query]
    for metric in summed or [properties]:
        named = {each["Name"]: each["Value"] for each in metric.get("Dimensions", [])}
        pairs = {(name, STACK if value == REF else str(value)) for name, value in named.items()}
        yield str(metric["Namespace"]), metric["MetricName"], frozenset(pairs)


def shape(series: Series) -> tuple[str, str, frozenset[str]]:
    """Returns a series without the values of its dimensions."""
    return series[0], series[1], frozenset(name for name, _ in series[2])


def listed() -> set[tuple[str, str, frozenset[str]]]:
    """Returns the series of the code's list."""
    return {
        (NAMESPACE, metric.title, frozenset({"service", *metric.dimensions})) for metric in Metric
    }


def test_watched_metrics_are_emitted(template: dict[str, Any], emitted: set[Series]) -> None:
    """By name, namespace and names of dimensions."""
    missing = {shape(series) for series in watched(template)} - {
        shape(series) for series in emitted
    }

    assert missing == set()


def test_listed_metrics_are_those_emitted(emitted: set[Series]) -> None:
    """The code emits every listed metric, and no other."""
    assert {shape(series) for series in emitted} == listed()


def test_dimensions_have_few_values(template: dict[str, Any], emitted: set[Series]) -> None:
    """Each value is a metric of its own on the bill, and one with another name is never seen."""
    tools = set(template["Parameters"]["ServerTools"]["Default"].split(",")) | {"unknown"}
    allowed = {"service": {STACK}, "tool": tools, **VALUES}

    for series in emitted | watched(template):
        for name, value in series[2]:
            assert value in allowed[name], series


def test_every_metric_is_on_the_dashboard(template: dict[str, Any]) -> None:
    """A metric that is not shown is not worth its price."""
    assert {shape(series) for series in watched(template)} == listed()


def test_every_alarm_notifies_the_operator(template: dict[str, Any]) -> None:
    """Each sends to the topic of the operator's address, also when it is over.

    Only the alarm that takes a deployment back is read by CodeDeploy instead.
    """
    alarms = {
        name: resource["Properties"]
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::CloudWatch::Alarm" and name not in ROLLBACK
    }

    assert {"FailedRunsAlarm", "StuckRunsAlarm", "DeadLettersAlarm"} < alarms.keys()
    for name, alarm in alarms.items():
        to_topic = {"Fn::If": ["HasAlarmEmail", [{"Ref": "AlarmTopic"}], []]}
        assert alarm["AlarmActions"] == alarm["OKActions"] == to_topic, name
        assert alarm["TreatMissingData"] == "notBreaching", name


def test_each_alarm_has_its_line_in_the_operators_page(template: dict[str, Any]) -> None:
    """The operator's page says what happened and what to do."""
    page = (ROOT / "docs" / "operations.md").read_text()
    rows = {line.split("|")[1].strip(" `") for line in page.splitlines() if line.startswith("| `")}
    alarms = {
        name
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::CloudWatch::Alarm"
    }

    assert alarms - rows == set()


def test_tracing_covers_functions_and_machine(template: dict[str, Any]) -> None:
    """No function disables it."""
    machine = template["Resources"]["RunLifecycleStateMachine"]["Properties"]
    own = [each.get("Properties", {}).get("Tracing") for each in template["Resources"].values()]

    assert template["Globals"]["Function"]["Tracing"] == "Active"
    assert machine["Tracing"] == {"Enabled": True}
    assert [tracing for tracing in own if isinstance(tracing, str)] == []


def test_saved_queries_use_logged_fields(template: dict[str, Any]) -> None:
    """Each reads the functions' log group, and groups or shows the ids of runs."""
    queries = {
        name: resource["Properties"]
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Logs::QueryDefinition"
    }

    assert set(queries) == {"ExpensiveThreadsQuery", "FailedRunsQuery"}
    for properties in queries.values():
        assert properties["LogGroupNames"] == [{"Ref": "FunctionLogs"}]
        assert 'message = "run_ended"' in properties["QueryString"]
        assert "tenant, thread_id" in properties["QueryString"]


def test_every_alarm_is_on_the_dashboard(template: dict[str, Any]) -> None:
    body = template["Resources"]["Dashboard"]["Properties"]["DashboardBody"]
    alarms = {
        name
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::CloudWatch::Alarm"
    }

    assert alarms == {name for name in alarms if f"${{{name}.Arn}}" in str(body)}
