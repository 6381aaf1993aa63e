"""Text of files as passages, and how well a passage fits a query."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from math import log
from pathlib import Path
from typing import Any

from local.provider.brain.words import content_words, word_set

SUPPORTED = word_set(
    """.c .cpp .cs .css .doc .docx .go .html .java .js .json .md .pdf .php .pptx .py .rb .sh .tex
    .ts .txt"""
)
_INDEXED_BYTES = 4 * 1024 * 1024
_PASSAGE_WORDS = 120
_PRINTABLE = re.compile(rb"[\x20-\x7e\n\t]{4,}")


def passages_of(path: Path, filename: str) -> list[str]:
    """A file's text in passages of about 120 words. Empty when it holds no text."""
    with path.open("rb") as stored:
        content = stored.read(_INDEXED_BYTES)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = b"\n".join(_PRINTABLE.findall(content)).decode("ascii")
    if filename.lower().endswith(".html"):
        text = re.sub(r"<[^>]+>", " ", text)
    passages: list[str] = []
    waiting: list[str] = []
    for paragraph in re.split(r"\n\s*\n", text):
        waiting.append(paragraph.strip())
        if sum(len(part.split()) for part in waiting) >= _PASSAGE_WORDS:
            passages.append("\n".join(waiting))
            waiting = []
    passages.append("\n".join(waiting))
    return [passage for passage in passages if passage.strip()]


def scores(query: str, passages: list[str]) -> list[float]:
    """The share (0 to 1) of the query's words in each passage, rare words weighing more."""
    asked = set(content_words(query))
    held = [asked & set(content_words(passage)) for passage in passages]
    frequency = Counter(word for words in held for word in words)
    weight = {word: log(1 + len(passages) / (1 + frequency[word])) for word in asked}
    whole = sum(weight.values()) or 1.0
    return [round(sum(weight[word] for word in words) / whole, 6) for words in held]


def passes(attributes: Mapping[str, Any], condition: Mapping[str, Any] | None) -> bool:
    """Whether a file's attributes satisfy a filter: comparisons, and/or of filters."""
    if not condition:
        return True
    kind = condition.get("type")
    if kind in {"and", "or"}:
        parts = [passes(attributes, part) for part in condition.get("filters") or []]
        return all(parts) if kind == "and" else any(parts)
    value, wanted = attributes.get(str(condition.get("key"))), condition.get("value")
    if kind == "ne":
        return value != wanted
    if value is None or wanted is None:
        return False
    match kind:
        case "eq":
            return bool(value == wanted)
        case "gt":
            return bool(value > wanted)
        case "gte":
            return bool(value >= wanted)
        case "lt":
            return bool(value < wanted)
        case "lte":
            return bool(value <= wanted)
        case "in":
            return value in wanted
        case "nin":
            return value not in wanted
    return False
