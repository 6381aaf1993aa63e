"""The cost of a round; each figure is computed by hand from the source of the price table."""

import pytest
from understudy.adapters.price_table import price_table
from understudy.domain.prices import ModelPrice, PriceTable
from understudy.domain.usage import RoundUsage


def usage(model: str, **counts: object) -> RoundUsage:
    return RoundUsage.model_validate({"response_id": "resp_1", "model": model} | counts)


@pytest.mark.parametrize(
    ("model", "counts", "usd"),
    [
        ("gpt-6-luna", {"input_tokens": 1_000, "output_tokens": 200}, 0.0002),
        # 400 fresh at 0.10, 500 cached at 0.01, 100 written at 0.125, 200 out at 0.50 per million
        (
            "gpt-6-luna",
            {
                "input_tokens": 1_000,
                "cached_tokens": 500,
                "cache_write_tokens": 100,
                "output_tokens": 200,
            },
            0.0001575,
        ),
        # reasoning tokens are part of the output tokens and cost nothing more
        ("gpt-6-luna", {"output_tokens": 200, "reasoning_tokens": 150}, 0.0001),
        # no cache discount: gpt-4.1's is 0.5 of 2.0
        ("gpt-4.1", {"input_tokens": 1_000, "cached_tokens": 1_000}, 0.0005),
    ],
)
def test_each_kind_of_token_has_its_price(model: str, counts: dict[str, int], usd: float) -> None:
    """Fresh, cached and newly cached input, and output."""
    assert price_table().cost_of(usage(model, **counts)) == pytest.approx(usd, rel=1e-9)


def test_long_context_price_applies_to_the_whole_request() -> None:
    """Above 272,000 input tokens, input costs twice as much and output half as much again."""
    table = price_table()

    at_limit = table.cost_of(usage("gpt-6-luna", input_tokens=272_000, output_tokens=1_000))
    above = table.cost_of(
        usage("gpt-6-luna", input_tokens=272_001, cached_tokens=72_001, output_tokens=1_000)
    )

    assert at_limit == pytest.approx(0.0277, rel=1e-9)
    assert above == pytest.approx(0.04 + 0.00144002 + 0.00075, rel=1e-9)


def test_cache_write_price_rises_with_the_input_price() -> None:
    """The table has no long-context price for cache writes; it doubles with the input price."""
    written = usage("gpt-6-luna", input_tokens=300_000, cache_write_tokens=300_000)

    assert price_table().cost_of(written) == pytest.approx(0.075, rel=1e-9)


@pytest.mark.parametrize(
    ("tier", "usd"), [("default", 0.6), ("flex", 0.3), ("priority", 1.2), ("fast", 1.2)]
)
def test_price_follows_the_service_tier(tier: str, usd: float) -> None:
    """Flex costs half, priority twice."""
    turn = usage("gpt-6-luna", input_tokens=200_000, cached_tokens=0, service_tier=tier)
    out = usage("gpt-6-luna", input_tokens=0, output_tokens=1_160_000, service_tier=tier)

    total = (price_table().cost_of(turn) or 0) + (price_table().cost_of(out) or 0)

    assert total == pytest.approx(usd, rel=1e-9)


@pytest.mark.parametrize(
    "model", ["gpt-5-2025-08-07", "gpt-5.4-2026-03-05", "gpt-4o-2024-08-06", "o3-2025-04-16"]
)
def test_dated_snapshot_has_the_price_of_its_model(model: str) -> None:
    """Digits that belong to the model's name are kept."""
    table = price_table()
    base = model[: -len("-2026-01-01")]

    assert table.price_of(model) is table.models[base]


@pytest.mark.parametrize(
    "model", ["llama-4", "ft:gpt-4o-mini:acme", "gpt-6-lunatic", "", "gpt-6-luna-1"]
)
def test_unknown_model_has_no_cost(model: str) -> None:
    """None, not zero."""
    assert price_table().cost_of(usage(model, input_tokens=1_000)) is None


def test_provider_tools_are_charged() -> None:
    """A code interpreter session 3 cents, a file search a quarter cent, a web search 1 cent."""
    turn = usage("gpt-6-luna", code_interpreter_sessions=1, file_searches=2, web_searches=3)

    assert price_table().cost_of(turn) == pytest.approx(0.065, rel=1e-9)


def test_cached_tokens_without_a_price_cost_the_input_price() -> None:
    """A model without a cache price has no discount."""
    table = PriceTable(as_of="2026-11-22", models={"plain": ModelPrice(input=1.0, output=2.0)})
    turn = usage("plain", input_tokens=1_000, cached_tokens=600, cache_write_tokens=400)

    assert table.cost_of(turn) == pytest.approx(0.001, rel=1e-9)


def test_price_table_is_dated() -> None:
    """Prices change, so a bill must be traceable to a table."""
    assert price_table().as_of == "2026-11-22"
    assert all(price.input >= 0 for price in price_table().models.values())
