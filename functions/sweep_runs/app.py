"""Schedule: starts runs that were never started, closes runs that nothing else has closed."""

from typing import Any

from understudy.services import Services, services
from understudy.tasks import invocation

from .sweep import sweep_runs


def handler(event: object, context: object, using: Services | None = None) -> dict[str, Any]:
    """One sweep; it says what it found and what it did."""
    with invocation(context):
        return sweep_runs(using or services())
