"""Logs and metrics of all functions. Ids are logged, contents and keys never.

`Metric` has every metric that the code emits. A contract test compares it with the template's
dashboard and alarms and with the emitted lines. Dimensions have few values, because each
combination is billed as a metric.
"""

import logging
import os
from collections.abc import Mapping
from contextlib import AbstractContextManager
from enum import Enum
from typing import Any, Final

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from understudy.domain.failures import places
from understudy.errors import ProviderError, RunError, StorageError, UnderstudyError

NAMESPACE: Final = "Understudy"
SERVICE: Final = os.environ.get("POWERTOOLS_SERVICE_NAME") or "understudy"
"""The dimension `service`, which Powertools adds to every metric: the stack's name, so that two
stacks in one account have separate metrics."""

logger = Logger(service=SERVICE)

# Server-side tools use the standard library's logging, and their lines need the ids too.
_plain = logging.getLogger("understudy")
if logger.registered_handler not in _plain.handlers:
    _plain.addHandler(logger.registered_handler)
    _plain.setLevel(logger.log_level)
    _plain.propagate = False

IDS: Final = ("tenant", "thread_id", "run_id", "request_id")
"""The ids of a log line."""


class Metric(Enum):
    """A metric: its name, its unit, and its dimensions beside `service`."""

    RUNS = ("Runs", MetricUnit.Count, "status")
    RUN_ERRORS = ("RunErrors", MetricUnit.Count, "error_code")
    RUN_SECONDS = ("RunSeconds", MetricUnit.Seconds)
    SECONDS_TO_FIRST_CHECK = ("SecondsToFirstCheck", MetricUnit.Seconds)
    PROMPT_TOKENS = ("PromptTokens", MetricUnit.Count)
    COMPLETION_TOKENS = ("CompletionTokens", MetricUnit.Count)
    COST_USD = ("CostUsd", MetricUnit.NoUnit)
    RUNS_OF_UNKNOWN_COST = ("RunsOfUnknownCost", MetricUnit.Count)
    RUNS_DEGRADED = ("RunsDegraded", MetricUnit.Count)
    RUNS_OVER_BUDGET = ("RunsOverBudget", MetricUnit.Count)
    TOOL_CALLS = ("ToolCalls", MetricUnit.Count, "tool")
    TOOL_ERRORS = ("ToolErrors", MetricUnit.Count, "tool")
    PROVIDER_ERRORS = ("ProviderErrors", MetricUnit.Count, "code")
    BUDGET_USED_PERCENT = ("BudgetUsedPercent", MetricUnit.Percent)
    BUDGET_REFUSALS = ("BudgetRefusals", MetricUnit.Count)
    RATE_LIMIT_REFUSALS = ("RateLimitRefusals", MetricUnit.Count)
    RUNS_CLOSED = ("RunsClosed", MetricUnit.Count)
    RUNS_SWEPT = ("RunsSwept", MetricUnit.Count)
    OLDEST_OVERDUE_SECONDS = ("OldestOverdueSeconds", MetricUnit.Seconds)

    def __init__(self, title: str, unit: MetricUnit, *dimensions: str) -> None:
        self.title = title
        self.unit = unit
        self.dimensions = dimensions


ALARMED_TOGETHER: Final = ((Metric.RUNS_CLOSED, Metric.RUNS_SWEPT),)
"""Metrics whose sum an alarm watches. A sum with a series that was never published has no value,
so `emit` publishes all of them, as 0, whenever it publishes one."""


def emit(values: Mapping[Metric, float], **dimensions: str) -> None:
    """Writes one EMF line with these metrics, which must have exactly these dimensions.

    The line also has the ids of the invocation, for log queries; they are never dimensions.
    Raises ValueError for other dimensions, because no alarm would watch the resulting metric.
    """
    for together in ALARMED_TOGETHER:
        if not values.keys().isdisjoint(together):
            values = {**dict.fromkeys(together, 0), **values}
    line = EphemeralMetrics(namespace=NAMESPACE, service=SERVICE)
    for metric, value in values.items():
        if set(metric.dimensions) != dimensions.keys():
            raise ValueError(f"{metric.title} has the dimensions {metric.dimensions}")
        line.add_metric(name=metric.title, unit=metric.unit, value=value)
    for name, chosen in dimensions.items():
        line.add_dimension(name=name, value=chosen)
    for name, value in logger.get_current_keys().items():
        if name in IDS:
            line.add_metadata(key=name, value=value)
    line.flush_metrics()


def log_keys(**ids: Any) -> AbstractContextManager[None]:
    """Adds ids to every log line inside the block.

    A warm environment serves many tenants, so keys of the previous invocation are removed first.
    """
    logger.clear_state()
    known = {name: value for name, value in ids.items() if value is not None}
    return logger.append_context_keys(**known)


def log_foreseen(error: UnderstudyError) -> None:
    """Logs an error that the caller handles: its class, and the provider's status and code.

    The level is never ERROR, because retries and fallbacks are no reason for an alarm.
    """
    if isinstance(error, RunError):
        logger.info("stopped", **error_keys(error))
    else:
        logger.warning("failed", **error_keys(error))


def error_keys(error: UnderstudyError) -> dict[str, Any]:
    """Returns what a log line has about an error: no text that may quote contents."""
    known: dict[str, Any] = {"error": type(error).__name__}
    if isinstance(error, ProviderError):
        known |= {"provider_status": error.status, "provider_code": error.code}
    elif isinstance(error, StorageError):
        known["reason"] = str(error)
    return {name: value for name, value in known.items() if value}


def log_unforeseen(error: BaseException) -> None:
    """Logs an error's class and location, without its text, which may have user data."""
    logger.error("unforeseen", error=type(error).__name__, where=places(error))
