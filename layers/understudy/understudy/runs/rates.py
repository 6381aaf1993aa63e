"""How often a key may be used in a minute."""

from typing import Literal

from understudy.domain.budgets import RATE_WINDOW_SECONDS
from understudy.errors import LimitExceededError
from understudy.observability import Metric, emit
from understudy.ports import Ports

Kind = Literal["requests", "runs"]


def check_rate(ports: Ports, key_digest: str, kind: Kind, limit: int | None) -> None:
    """Counts one use of the key. Costs one write where there is a limit, nothing where not.

    Raises LimitExceededError, with the seconds to the next window, when the limit is reached.
    """
    if limit is None or ports.rates.take(key_digest, kind, limit):
        return
    emit({Metric.RATE_LIMIT_REFUSALS: 1})
    wait = RATE_WINDOW_SECONDS - int(ports.now()) % RATE_WINDOW_SECONDS
    raise LimitExceededError(
        f"Rate limit reached for {kind}: limit {limit} per minute. Please try again in {wait}s.",
        code="rate_limit_exceeded",
        retry_after=wait,
    )
