"""What a turn costs, from a dated table of prices."""

import re
from collections.abc import Mapping

from pydantic import Field

from understudy.domain.base import Record
from understudy.domain.usage import NANO, RoundUsage

MILLION = 1_000_000
DATED = re.compile(r"-\d{4}-\d{2}-\d{2}$")
"""How the name of a snapshot ends; it costs what the model that it is a snapshot of costs."""


class ModelPrice(Record):
    """USD per million tokens. `*_long` holds for the whole request above the token limit."""

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

    def tokens_usd(self, turn: RoundUsage) -> float:
        """USD for the tokens of a turn.

        Cached and newly cached tokens are part of the input tokens, reasoning tokens of the output
        tokens. Where the table gives no price for them in long context or for a tier, they get
        dearer or cheaper as the input does.
        """
        limit = self.long_context_above_tokens
        is_long = limit is not None and turn.input_tokens > limit
        fresh = (self.input_long if is_long else None) or self.input
        output = (self.output_long if is_long else None) or self.output
        rise = fresh / self.input if self.input else 1.0
        read = _either(self.cached_input, self.input) * rise
        if is_long and self.cached_input_long is not None:
            read = self.cached_input_long
        written = _either(self.cache_write, self.input) * rise
        plain = max(0, turn.input_tokens - turn.cached_tokens - turn.cache_write_tokens)
        taken = plain * fresh + turn.cached_tokens * read + turn.cache_write_tokens * written
        factor_in, factor_out = self._tier_factors(turn.service_tier)
        return (taken * factor_in + turn.output_tokens * output * factor_out) / MILLION

    def _tier_factors(self, tier: str | None) -> tuple[float, float]:
        """How much dearer or cheaper the tier is than the standard one, for input and output."""
        match tier:
            case "flex":
                prices = (self.input_flex, self.output_flex)
            case "priority" | "fast":
                prices = (self.input_priority, self.output_priority)
            case _:
                prices = (None, None)
        return _ratio(prices[0], self.input), _ratio(prices[1], self.output)


class ToolPrices(Record):
    """USD per use of what the provider's own tools do."""

    code_interpreter_session: float = 0.03
    file_search_call: float = 0.0025
    web_search_call: float = 0.01


class PriceTable(Record):
    """Prices by model name, as they stood on the day `as_of`."""

    as_of: str
    models: Mapping[str, ModelPrice]
    tools: ToolPrices = Field(default_factory=ToolPrices)

    def cost_of(self, turn: RoundUsage) -> float | None:
        """USD for one turn; None for a model without a price, which is not the same as free."""
        price = self.price_of(turn.model)
        if price is None:
            return None
        tools = (
            turn.code_interpreter_sessions * self.tools.code_interpreter_session
            + turn.file_searches * self.tools.file_search_call
            + turn.web_searches * self.tools.web_search_call
        )
        return round((price.tokens_usd(turn) + tools) * NANO) / NANO

    def price_of(self, model: str) -> ModelPrice | None:
        """The price of a model, or of the model that a dated snapshot of it is named after.

        Fine-tuned models and other providers' names have prices of their own, so they have none
        here.
        """
        return self.models.get(model) or self.models.get(DATED.sub("", model))

    def priced(self, turn: RoundUsage) -> RoundUsage:
        """The turn with its cost."""
        return turn.model_copy(update={"cost_usd": self.cost_of(turn)})


def _either(price: float | None, otherwise: float) -> float:
    return otherwise if price is None else price


def _ratio(price: float | None, standard: float) -> float:
    return price / standard if price is not None and standard else 1.0
