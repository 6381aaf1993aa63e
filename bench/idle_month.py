"""What a deployment costs in a month without requests."""

from collections.abc import Mapping
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from bench.artifact import ROOT
from bench.costs import Work
from bench.report import Table

MONTH_MINUTES = 30 * 24 * 60


def idle_month(sweep: Work, prices: Mapping[str, float]) -> Table:
    """Returns the table of a month without requests; `sweep` is the work of one sweep."""
    resources = yaml_parse((ROOT / "template.yaml").read_text())["Resources"].values()
    kept = Work(
        alarm_metric_month=sum(_metrics(r) for r in resources if r["Type"].endswith("::Alarm")),
        dashboard_month=sum(r["Type"].endswith("::Dashboard") for r in resources),
        secret_month=sum(_is_secret(r) for r in resources),
    )
    month = kept + sweep.times(MONTH_MINUTES)
    rows = [
        (name.replace("_", " "), f"{getattr(month, name):,.2f}", f"{usd:.2f}")
        for name, usd in month.dollars(prices).items()
    ]
    rows.append(("all", "", f"{month.cost(prices):.2f}"))
    return Table(
        ("unit", "number", "dollars"),
        rows,
        "An idle month of 30 days, before the free tier (which covers most of it: 10 alarm "
        "metrics, 3 dashboards, 14 million schedules, 1 million Lambda requests, 5 GB of logs):",
    )


def _metrics(alarm: Mapping[str, Any]) -> int:
    return sum("MetricStat" in one for one in alarm["Properties"].get("Metrics", [])) or 1


def _is_secret(resource: Mapping[str, Any]) -> bool:
    return resource["Type"].endswith("::Secret") and "Condition" not in resource
