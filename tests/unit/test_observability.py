"""Metrics that an alarm adds up are published together."""

import json
from typing import Any

import httpx2
import pytest
from understudy.adapters.openai.errors import ALARMED_WITH, translated
from understudy.adapters.openai.sdk import openai
from understudy.errors import ProviderError
from understudy.observability import ALARMED_TOGETHER, Metric, emit

from tests.contract.deployments import default_resources, of_type


def emitted(written: str) -> list[dict[str, Any]]:
    """Returns the EMF lines of an output."""
    return [json.loads(line) for line in written.splitlines() if '"_aws"' in line]


@pytest.mark.parametrize(
    ("metric", "other"), [(Metric.RUNS_CLOSED, "RunsSwept"), (Metric.RUNS_SWEPT, "RunsClosed")]
)
def test_emitting_one_metric_publishes_the_other_as_zero(
    capsys: pytest.CaptureFixture[str], metric: Metric, other: str
) -> None:
    """On the same line. CloudWatch adds nothing to a series that was never published."""
    emit({metric: 3})

    [line] = emitted(capsys.readouterr().out)
    assert line[metric.title] == [3.0]
    assert line[other] == [0.0]


def test_other_metrics_are_published_alone(capsys: pytest.CaptureFixture[str]) -> None:
    emit({Metric.RUNS_DEGRADED: 1})

    [line] = emitted(capsys.readouterr().out)
    assert {"RunsClosed", "RunsSwept"} & line.keys() == set()


@pytest.mark.parametrize(
    ("status", "codes"),
    [
        (500, {"unavailable": [1.0], "rate_limited": [0.0]}),
        (429, {"rate_limited": [1.0], "unavailable": [0.0]}),
        (401, {"key": [1.0], "quota": [0.0]}),
        (400, {"refused": [1.0]}),
    ],
)
def test_provider_error_publishes_the_codes_of_its_alarm(
    capsys: pytest.CaptureFixture[str], status: int, codes: dict[str, list[float]]
) -> None:
    response = httpx2.Response(status, request=httpx2.Request("POST", "https://x.test"))
    error = openai.APIStatusError("", response=response, body=None)

    with pytest.raises(ProviderError), translated():
        raise error

    lines = emitted(capsys.readouterr().out)
    assert {line["code"]: line["ProviderErrors"] for line in lines} == codes


def test_alarms_add_up_only_what_is_published_together() -> None:
    """A new sum in the template needs an entry in ALARMED_TOGETHER or ALARMED_WITH."""
    together = {frozenset(metric.title for metric in pair) for pair in ALARMED_TOGETHER}
    together |= {frozenset(pair) for pair in ALARMED_WITH.items()}

    for name, alarm in of_type(default_resources(), "AWS::CloudWatch::Alarm").items():
        metrics = [each["MetricStat"]["Metric"] for each in alarm.get("Metrics", [])[1:]]
        added = {
            next(
                (each["Value"] for each in metric["Dimensions"] if each["Name"] == "code"),
                metric["MetricName"],
            )
            for metric in metrics
        }
        assert not added or added in together, name
