"""The cost of a round, from a dated table of prices."""

import re
from collections.abc import Mapping

from pydantic import Field

from understudy.domain.base import Record
from understudy.domain.usage import NANO, RoundUsage

MILLION = 1_000_000
DATED = re.compile(r"-\d{4}-\d{2}-\d{2}$")
"""The end of a snapshot's name. A snapshot has the price of its model."""


class ModelPrice(Record):
    """USD per million tokens. `*_long` applies to the whole request above the token limit."""

    input: float
    output: float
    cached_input: float | None = None
    cache_write: float | None = None
    long_context_above_tokens: int | None = None
    input_long: float | None = None
    cached_input_long: float | None = None
    output_long: float | None = None
    input_flex: float | None = None
    output_flex: float | None = None
    input_priority: float | None = None
    output_priority: float | None = None

    def tokens_usd(self, used: RoundUsage) -> float:
        """Returns the USD for the tokens of a round.

        Input tokens include cached and newly cached tokens, output tokens include reasoning tokens.
        Where the table has no long-context or tier price for cached tokens, their price changes in
        the same proportion as that of input tokens.
        """
        limit = self.long_context_above_tokens
        is_long = limit is not None and used.input_tokens > limit
        fresh = (self.input_long if is_long else None) or self.input
        output = (self.output_long if is_long else None) or self.output
        rise = fresh / self.input if self.input else 1.0
        read = _either(self.cached_input, self.input) * rise
        if is_long and self.cached_input_long is not None:
            read = self.cached_input_long
        written = _either(self.cache_write, self.input) * rise
        plain = max(0, used.input_tokens - used.cached_tokens - used.cache_write_tokens)
        taken = plain * fresh + used.cached_tokens * read + used.cache_write_tokens * written
        factor_in, factor_out = self._tier_factors(used.service_tier)
        return (taken * factor_in + used.output_tokens * output * factor_out) / MILLION

    def _tier_factors(self, tier: str | None) -> tuple[float, float]:
        """Returns the tier's price relative to the standard tier, for input and output."""
        match tier:
            case "flex":
                prices = (self.input_flex, self.output_flex)
            case "priority" | "fast":
                prices = (self.input_priority, self.output_priority)
            case _:
                prices = (None, None)
        return _ratio(prices[0], self.input), _ratio(prices[1], self.output)


class ToolPrices(Record):
    """USD per use of the provider's own tools."""

    code_interpreter_session: float = 0.03
    file_search_call: float = 0.0025
    web_search_call: float = 0.01


class PriceTable(Record):
    """Prices by model name, as they stood on the day `as_of`."""

    as_of: str
    models: Mapping[str, ModelPrice]
    tools: ToolPrices = Field(default_factory=ToolPrices)

    def cost_of(self, used: RoundUsage) -> float | None:
        """Returns the USD for one round, None for a model of unknown price."""
        price = self.price_of(used.model)
        if price is None:
            return None
        tools = (
            used.code_interpreter_sessions * self.tools.code_interpreter_session
            + used.file_searches * self.tools.file_search_call
            + used.web_searches * self.tools.web_search_call
        )
        return round((price.tokens_usd(used) + tools) * NANO) / NANO

    def price_of(self, model: str) -> ModelPrice | None:
        """Returns the price of a model or of a dated snapshot of it, None if it is unknown.

        Fine-tuned models have prices of their own, so the price of their base model is not used.
        """
        return self.models.get(model) or self.models.get(DATED.sub("", model))

    def priced(self, used: RoundUsage) -> RoundUsage:
        """Returns the round's usage with its cost."""
        return used.model_copy(update={"cost_usd": self.cost_of(used)})


def _either(price: float | None, otherwise: float) -> float:
    return otherwise if price is None else price


def _ratio(price: float | None, standard: float) -> float:
    return price / standard if price is not None and standard else 1.0
