"""What a turn costs, from a dated table of prices."""

from collections.abc import Mapping

from pydantic import Field

from understudy.domain.base import Record
from understudy.domain.usage import TurnUsage

MILLION = 1_000_000


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

    def cost_of(self, turn: TurnUsage) -> float | None:
        """USD for one turn; None for a model without a price, which is not the same as free."""
        price = self._price_of(turn.model)
        if price is None:
            return None
        long = (
            price.long_context_above_tokens is not None
            and turn.input_tokens > price.long_context_above_tokens
        )
        fresh = price.input_long if long and price.input_long is not None else price.input
        cached = price.cached_input if price.cached_input is not None else price.input
        written = price.cache_write if price.cache_write is not None else price.input
        output = price.output_long if long and price.output_long is not None else price.output
        if long:
            cached = price.cached_input_long if price.cached_input_long is not None else fresh
            written *= fresh / price.input
        factor_in, factor_out = self._tier_factors(price, turn.service_tier)
        plain = max(0, turn.input_tokens - turn.cached_tokens - turn.cache_write_tokens)
        tokens = (
            plain * fresh + turn.cached_tokens * cached + turn.cache_write_tokens * written
        ) * factor_in + turn.output_tokens * output * factor_out
        tools = (
            turn.code_interpreter_sessions * self.tools.code_interpreter_session
            + turn.file_searches * self.tools.file_search_call
            + turn.web_searches * self.tools.web_search_call
        )
        return round(tokens / MILLION + tools, 8)

    def _price_of(self, model: str) -> ModelPrice | None:
        """The price of a model, or of the model that a dated snapshot of it is named after."""
        if model in self.models:
            return self.models[model]
        base = model.rstrip("0123456789-")
        dated = len(model) - len(base) >= len("-2026-01-01")
        return self.models.get(base) if dated else None

    @staticmethod
    def _tier_factors(price: ModelPrice, tier: str | None) -> tuple[float, float]:
        """How much dearer or cheaper the tier is than the standard one, for input and output."""
        by_tier = {
            "flex": (price.input_flex, price.output_flex),
            "priority": (price.input_priority, price.output_priority),
            "fast": (price.input_priority, price.output_priority),
        }
        tier_input, tier_output = by_tier.get(tier or "", (None, None))
        return (
            tier_input / price.input if tier_input is not None else 1.0,
            tier_output / price.output if tier_output is not None else 1.0,
        )
