"""Every minute: starts runs without an execution, and ends runs past their deadline."""

from typing import Any

from understudy.services import Services, services
from understudy.tasks import invocation

from .sweep import RunSweeper


def handler(event: object, context: Any, using: Services | None = None) -> dict[str, Any]:
    """Does one sweep; returns how many runs it found, started and closed."""
    with invocation(context):
        chosen = using or services()
        return RunSweeper(
            runs=chosen.runs,
            open_runs=chosen.open_runs,
            threads=chosen.threads,
            executions=chosen.executions,
            ender=chosen.run_ender,
            promotion=lambda: chosen.run_promotion,
            now=chosen.now,
            remaining=lambda: context.get_remaining_time_in_millis() / 1000,
        ).sweep()
