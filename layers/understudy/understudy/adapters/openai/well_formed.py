"""Replaces lone surrogates in a model's text, which could not be encoded as UTF-8."""

import json
import re
from typing import Any, TypeVar

SURROGATE = re.compile("[\ud800-\udfff]")
ESCAPED = re.compile(r"\\u[dD][89a-fA-F]")
REPLACEMENT = "\ufffd"

T = TypeVar("T")


def well_formed(value: T) -> T:
    """Returns a JSON value with U+FFFD in place of every half of a surrogate pair.

    The arguments of function calls are JSON in a string, where a half may be escaped.
    """
    text = json.dumps(value, ensure_ascii=False)
    if SURROGATE.search(text) is None and ESCAPED.search(text) is None:
        return value
    repaired: T = _repaired(value)
    return repaired


def _repaired(value: Any) -> Any:
    if isinstance(value, str):
        return SURROGATE.sub(REPLACEMENT, value)
    if isinstance(value, list):
        return [_repaired(each) for each in value]
    if isinstance(value, dict):
        repaired = {_repaired(name): _repaired(each) for name, each in value.items()}
        if isinstance(repaired.get("arguments"), str):
            repaired["arguments"] = _repaired_json(repaired["arguments"])
        return repaired
    return value


def _repaired_json(text: str) -> str:
    """Returns JSON text without escaped halves; a text that is not JSON stays as it is."""
    if ESCAPED.search(text) is None:
        return text
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    repaired = _repaired(value)
    return text if repaired == value else json.dumps(repaired, ensure_ascii=False)
