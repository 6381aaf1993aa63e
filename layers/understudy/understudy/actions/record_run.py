"""Metrics of a run that has ended."""

from aws_lambda_powertools.metrics import MetricUnit

from understudy.domain.runs import Run
from understudy.domain.usage import run_cost, run_usage
from understudy.observability import logger, metrics


def record_run(run: Run) -> None:
    """One EMF line and one log line: status, duration, tokens, cost. Dimension: the status."""
    usage = run_usage(run.turns) or {"prompt_tokens": 0, "completion_tokens": 0}
    cost = run_cost(run.turns)
    seconds = (run.ended_at or run.created_at) - run.created_at
    metrics.add_dimension(name="status", value=str(run.status))
    metrics.add_metric(name="Runs", unit=MetricUnit.Count, value=1)
    metrics.add_metric(name="RunSeconds", unit=MetricUnit.Seconds, value=seconds)
    metrics.add_metric(name="PromptTokens", unit=MetricUnit.Count, value=usage["prompt_tokens"])
    metrics.add_metric(
        name="CompletionTokens", unit=MetricUnit.Count, value=usage["completion_tokens"]
    )
    if cost is None:
        metrics.add_metric(name="RunsOfUnknownCost", unit=MetricUnit.Count, value=1)
    else:
        metrics.add_metric(name="CostUsd", unit=MetricUnit.NoUnit, value=cost)
    metrics.flush_metrics()
    logger.info("run_ended", status=str(run.status), seconds=seconds, cost_usd=cost)
