"""Schedule: starts runs that were never started, closes runs that nothing else has closed."""

from typing import Any

from understudy.actions.sweep_runs import sweep_runs
from understudy.bootstrap import Services, services
from understudy.tasks import invocation


def handler(event: object, context: object, using: Services | None = None) -> dict[str, Any]:
    """One sweep; it says what it found and what it did."""
    with invocation(context):
        return sweep_runs(using or services())
