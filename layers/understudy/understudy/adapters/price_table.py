"""Reads the dated price table `prices.json` of this package."""

import json
from functools import cache
from pathlib import Path

from understudy.domain.prices import PriceTable

DATA = Path(__file__).resolve().parent.parent / "prices.json"


@cache
def price_table() -> PriceTable:
    """Returns the prices."""
    raw = json.loads(DATA.read_text(encoding="utf-8"))
    tools = raw["tools"]
    return PriceTable.model_validate(
        {
            "as_of": raw["as_of"],
            "models": raw["models"],
            "tools": {
                "code_interpreter_session": tools[
                    "code_interpreter_container_per_20min_session_usd"
                ]["1g"],
                "file_search_call": tools["file_search_per_1k_calls_usd"] / 1000,
                "web_search_call": tools["web_search_per_1k_calls_usd"] / 1000,
            },
        }
    )
