"""Tokens and money: the usage of a response, of a run, and of a day.

Money is stored as whole billionths of a dollar, so that sums are exact. The API shows dollars.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from pydantic import Field
from typing_extensions import TypedDict

from understudy.domain.base import Record

NANO = 1_000_000_000
"""Billionths of a dollar in a dollar; one cached token of the cheapest model costs ten."""


class RoundUsage(Record):
    """The usage of one response. `cost_usd` is None if the price is unknown.

    `started_ms` and `ended_ms` are when the response was requested and when a check found it
    finished, in Unix milliseconds.
    """

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
    started_ms: int | None = None
    ended_ms: int | None = None

    def after(self, earlier: Sequence["RoundUsage"]) -> "RoundUsage":
        """Returns the usage without code interpreter sessions that earlier rounds have opened."""
        opened = {container for each in earlier for container in each.containers}
        fresh = [container for container in self.containers if container not in opened]
        return self.model_copy(update={"code_interpreter_sessions": len(fresh)})


class UsageTotals(Record):
    """The usage of a number of runs. `unknown_cost_runs` counts those without a known price."""

    runs: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    nano_usd: int = 0
    unknown_cost_runs: int = 0

    def plus(self, other: "UsageTotals") -> "UsageTotals":
        """Returns the sum of both."""
        return UsageTotals(**{name: getattr(self, name) + getattr(other, name) for name in COUNTED})


COUNTED = tuple(UsageTotals.model_fields)


class CountedRun(Record):
    """One run in a row of the ledger. `metadata` has the pairs that the ledger keeps."""

    run_id: str
    thread_id: str
    totals: UsageTotals
    metadata: dict[str, str] = Field(default_factory=dict)


class UsageRow(Record):
    """The usage of some runs of one user, assistant, model and API key on one day (UTC).

    `api_key` is the beginning of the key's hash. `runs` is empty unless they were asked for.
    """

    day: str
    user_id: str | None = None
    assistant_id: str
    model: str
    api_key: str | None = None
    totals: UsageTotals
    runs: list[CountedRun] = Field(default_factory=list)


def day_of(moment: float) -> str:
    """Returns the day (UTC) of a time in Unix seconds, as YYYY-MM-DD."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d")


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


def token_usage(rounds: Iterable[RoundUsage]) -> TokenUsage:
    """Returns the sum of what these responses of the provider used."""
    rounds = list(rounds)
    prompt = sum(each.input_tokens for each in rounds)
    completion = sum(each.output_tokens for each in rounds)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_token_details": {"cached_tokens": sum(each.cached_tokens for each in rounds)},
        "completion_tokens_details": {
            "reasoning_tokens": sum(each.reasoning_tokens for each in rounds)
        },
    }


def run_usage(rounds: list[RoundUsage]) -> TokenUsage | None:
    """Returns the usage of a run, None if no response has finished."""
    return token_usage(rounds) if rounds else None


def run_cost(rounds: list[RoundUsage]) -> float | None:
    """Returns the cost of a run in USD, None if the price of a round is unknown."""
    nano = run_nano_usd(rounds)
    return None if nano is None else nano / NANO


def run_nano_usd(rounds: Iterable[RoundUsage]) -> int | None:
    """Returns the cost in billionths of a dollar, None if the price of a round is unknown."""
    total = 0
    for each in rounds:
        if each.cost_usd is None:
            return None
        total += round(each.cost_usd * NANO)
    return total


def run_totals(rounds: list[RoundUsage]) -> UsageTotals:
    """Returns the totals of one run, as the ledger counts it."""
    nano = run_nano_usd(rounds)
    return UsageTotals(
        runs=1,
        prompt_tokens=sum(each.input_tokens for each in rounds),
        cached_tokens=sum(each.cached_tokens for each in rounds),
        completion_tokens=sum(each.output_tokens for each in rounds),
        nano_usd=nano or 0,
        unknown_cost_runs=int(nano is None),
    )
