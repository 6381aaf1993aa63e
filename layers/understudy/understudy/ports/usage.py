"""What runs use and cost, who hears of it, and who answers while the provider is down."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from understudy.domain.budgets import Counter
from understudy.domain.chat import ChatRequest
from understudy.domain.responses import ResponseResult
from understudy.domain.runs import Run
from understudy.domain.usage import UsageRow


class Completions(Protocol):
    """Chat completions of a provider that may be another one: what is left when it is down."""

    def complete(self, request: ChatRequest, *, seconds: float) -> ResponseResult:
        """Answers at once, or raises the ProviderErrors of `errors.py`; never retried inside."""
        ...


class Usage(Protocol):
    """The ledger of what runs used."""

    def record(self, run: Run, row: UsageRow) -> bool:
        """Adds a run that has ended, once, and settles its budgets.

        Whether its end has yet to be announced: false only when that is done as well.
        """
        ...

    def announced(self, run: Run) -> None:
        """Notes that the world has been told of the run's end."""

    def rows(self, tenant: str, first_day: str, last_day: str) -> Iterator[UsageRow]:
        """The ledger of some days, both included, read as it is taken."""
        ...


class Budgets(Protocol):
    """How much of each budget is spent or held. Billionths of a dollar."""

    def hold(self, tenant: str, counter: Counter, nano: int) -> int | None:
        """Adds a hold to a budget that is not used up; what is spent and held then, or None."""
        ...

    def add(self, tenant: str, names: Iterable[str], nano: int) -> None:
        """Adds to counters without a condition; a negative amount takes a hold off again."""

    def spent(self, tenant: str, names: Sequence[str]) -> Mapping[str, int]:
        """What is spent or held of each counter."""
        ...


class RateLimits(Protocol):
    """How often keys were used in this minute."""

    def take(self, key_digest: str, kind: str, limit: int) -> bool:
        """Counts one use; False if the minute's limit was reached before."""
        ...


class RunEvents(Protocol):
    """Tells other systems of the account."""

    def ended(self, run: Run) -> None: ...


class Receivers(Protocol):
    """Tells applications, at URLs of their own."""

    def deliver(self, url: str, headers: Mapping[str, str], body: bytes) -> None:
        """Posts the body once. Raises NotDeliveredError unless the answer is a 2xx."""
        ...


class UsagePorts(Protocol):
    """The part of `Ports` that concerns usage."""

    @property
    def completions(self) -> Completions: ...

    @property
    def usage(self) -> Usage: ...

    @property
    def budgets(self) -> Budgets: ...

    @property
    def rates(self) -> RateLimits: ...

    @property
    def run_events(self) -> RunEvents: ...

    @property
    def receivers(self) -> Receivers: ...
