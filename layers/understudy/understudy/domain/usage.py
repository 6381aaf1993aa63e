"""Tokens and money: what one turn of a model used, what a whole run did, what a day came to.

Money is kept in whole billionths of a dollar: the table holds integers only, and sums of them are
exact. The API shows dollars.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Literal

from typing_extensions import TypedDict

from understudy.domain.base import Record

NANO = 1_000_000_000
"""Billionths of a dollar in a dollar; one cached token of the cheapest model costs ten."""

Group = Literal["day", "user", "assistant", "model"]


class RoundUsage(Record):
    """What one response of the provider used. `cost_usd` is None where the price is not known."""

    response_id: str
    model: str
    input_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    service_tier: str | None = None
    code_interpreter_sessions: int = 0
    containers: tuple[str, ...] = ()
    file_searches: int = 0
    web_searches: int = 0
    cost_usd: float | None = None

    def after(self, earlier: Sequence["RoundUsage"]) -> "RoundUsage":
        """This turn without the code interpreter sessions that earlier turns of its run opened."""
        opened = {container for turn in earlier for container in turn.containers}
        fresh = [container for container in self.containers if container not in opened]
        return self.model_copy(update={"code_interpreter_sessions": len(fresh)})


class UsageTotals(Record):
    """What a number of runs used. `unknown_cost_runs` had a model without a price."""

    runs: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    nano_usd: int = 0
    unknown_cost_runs: int = 0

    def plus(self, other: "UsageTotals") -> "UsageTotals":
        """The sum of both."""
        return UsageTotals(**{name: getattr(self, name) + getattr(other, name) for name in COUNTED})


COUNTED = tuple(UsageTotals.model_fields)


class UsageRow(Record):
    """What the runs of one user with one assistant and one model used on one day (UTC)."""

    day: str
    user_id: str | None = None
    assistant_id: str
    model: str
    totals: UsageTotals

    def value_of(self, group: Group) -> str | None:
        """What the row counts under when usage is grouped so."""
        named = {"day": self.day, "assistant": self.assistant_id, "model": self.model}
        return self.user_id if group == "user" else named[group]


def day_of(moment: float) -> str:
    """The day (UTC) of a moment in Unix seconds, as YYYY-MM-DD."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d")


def grouped(rows: Iterable[UsageRow], group: Group) -> dict[str | None, UsageTotals]:
    """Totals by day, user, assistant or model, in the order of their names; None comes first."""
    sums: dict[str | None, UsageTotals] = {}
    for row in rows:
        value = row.value_of(group)
        sums[value] = sums.get(value, UsageTotals()).plus(row.totals)
    return dict(sorted(sums.items(), key=lambda entry: (entry[0] is not None, entry[0] or "")))


class PromptTokenDetails(TypedDict):
    cached_tokens: int


class CompletionTokenDetails(TypedDict):
    reasoning_tokens: int


class TokenUsage(TypedDict):
    """The tokens of a run or a step; `prompt_token_details` is spelt as OpenAI's API spelt it."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_token_details: PromptTokenDetails
    completion_tokens_details: CompletionTokenDetails


def token_usage(turns: Iterable[RoundUsage]) -> TokenUsage:
    """Returns the sum of what these responses of the provider used."""
    turns = list(turns)
    prompt = sum(turn.input_tokens for turn in turns)
    completion = sum(turn.output_tokens for turn in turns)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_token_details": {"cached_tokens": sum(turn.cached_tokens for turn in turns)},
        "completion_tokens_details": {
            "reasoning_tokens": sum(turn.reasoning_tokens for turn in turns)
        },
    }


def run_usage(turns: list[RoundUsage]) -> TokenUsage | None:
    """The usage of a whole run, null where no turn was answered."""
    return token_usage(turns) if turns else None


def run_cost(turns: list[RoundUsage]) -> float | None:
    """The cost of a whole run in USD; None if any turn's price is not known."""
    nano = run_nano_usd(turns)
    return None if nano is None else nano / NANO


def run_nano_usd(turns: Iterable[RoundUsage]) -> int | None:
    """The cost of a whole run in billionths of a dollar; None if any turn's price is not known."""
    total = 0
    for turn in turns:
        if turn.cost_usd is None:
            return None
        total += round(turn.cost_usd * NANO)
    return total


def run_totals(turns: list[RoundUsage]) -> UsageTotals:
    """One run as it counts in the ledger."""
    nano = run_nano_usd(turns)
    return UsageTotals(
        runs=1,
        prompt_tokens=sum(turn.input_tokens for turn in turns),
        cached_tokens=sum(turn.cached_tokens for turn in turns),
        completion_tokens=sum(turn.output_tokens for turn in turns),
        nano_usd=nano or 0,
        unknown_cost_runs=int(nano is None),
    )
