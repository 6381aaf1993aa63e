"""Counting tokens of the real text: deterministic, near what a tokenizer gives for English."""

import json
import re
from collections.abc import Iterable
from typing import Any

_PIECE = re.compile(r"[A-Za-z]+|\d{1,3}|[^\sA-Za-z\d]")
_LETTERS_PER_TOKEN = 6
_TOKENS_PER_ITEM = 4
IMAGE_TOKENS = 85


def count_tokens(text: str) -> int:
    """Tokens of a text: a word costs one per six letters, digits one per three, signs one each."""
    return sum(-(-len(piece) // _LETTERS_PER_TOKEN) for piece in _PIECE.findall(text))


def count_item(item: dict[str, Any]) -> int:
    """Tokens of one input or output item, its role and frame included."""
    content = item.get("content")
    if item.get("type", "message") != "message" or content is None:
        known = {key: value for key, value in item.items() if key not in {"id", "status", "type"}}
        return _TOKENS_PER_ITEM + count_tokens(json.dumps(known, ensure_ascii=False))
    if isinstance(content, str):
        return _TOKENS_PER_ITEM + count_tokens(content)
    return _TOKENS_PER_ITEM + sum(_count_part(part) for part in content)


def count_items(items: Iterable[dict[str, Any]]) -> int:
    """Tokens of a list of items."""
    return sum(count_item(item) for item in items)


def truncate(text: str, tokens: int) -> str:
    """The longest beginning of `text` that costs no more than `tokens`."""
    spent = 0
    for piece in _PIECE.finditer(text):
        spent += -(-len(piece.group()) // _LETTERS_PER_TOKEN)
        if spent > tokens:
            return text[: piece.start()].rstrip()
    return text


def _count_part(part: dict[str, Any]) -> int:
    if part.get("type") == "input_image":
        return IMAGE_TOKENS
    return count_tokens(str(part.get("text") or part.get("refusal") or part.get("filename") or ""))
