"""Tokens and money: what one turn of a model used, and what a whole run did."""

from collections.abc import Iterable

from understudy.domain.base import Json, Record


class TurnUsage(Record):
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
    file_searches: int = 0
    web_searches: int = 0
    cost_usd: float | None = None


def shown_usage(turns: Iterable[TurnUsage]) -> Json:
    """Usage under the names the original sent (`prompt_token_details` is its own spelling)."""
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


def run_usage(turns: list[TurnUsage]) -> Json | None:
    """The usage of a whole run, null where no turn was answered."""
    return shown_usage(turns) if turns else None


def run_cost(turns: list[TurnUsage]) -> float | None:
    """The cost of a whole run in USD; None if any turn's price is not known."""
    costs = [turn.cost_usd for turn in turns]
    if any(cost is None for cost in costs):
        return None
    return round(sum(cost for cost in costs if cost is not None), 8)
