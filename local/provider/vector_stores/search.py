"""The passages of files, their scores for a query, and filters on attributes."""

import operator
from collections import Counter
from collections.abc import Callable, Mapping
from math import log
from pathlib import Path
from typing import Any

from local.provider.files import StoredFile
from local.provider.test_model.search import text_in
from local.provider.test_model.words import word_set, word_stems

_SUPPORTED = word_set(
    """.c .cpp .cs .css .doc .docx .go .html .java .js .json .md .pdf .php .pptx .py .rb .sh .tex
    .ts .txt"""
)
_INDEXED_BYTES = 4 * 1024 * 1024
_PASSAGE_WORDS = 120
_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
    "in": lambda value, wanted: value in wanted,
    "nin": lambda value, wanted: value not in wanted,
}


def is_supported(filename: str) -> bool:
    """Tell whether files of this type can be searched."""
    return Path(filename).suffix.lower() in _SUPPORTED


def passages_in(file: StoredFile) -> list[str]:
    """Return a file's text in passages of about 120 words."""
    with file.path.open("rb") as stored:
        text = text_in(file.filename, stored.read(_INDEXED_BYTES))
    passages, waiting = [], ""
    for paragraph in text.split("\n\n"):
        waiting = f"{waiting}\n{paragraph.strip()}".strip()
        if len(waiting.split()) >= _PASSAGE_WORDS:
            passages.append(waiting)
            waiting = ""
    return [*passages, waiting] if waiting else passages


def passes(attributes: Mapping[str, Any], condition: Mapping[str, Any] | None) -> bool:
    """Tell whether a file's attributes satisfy a filter."""
    if not condition:
        return True
    kind = str(condition.get("type"))
    if kind in {"and", "or"}:
        parts = [passes(attributes, part) for part in condition.get("filters") or []]
        return all(parts) if kind == "and" else any(parts)
    value, wanted = attributes.get(str(condition.get("key"))), condition.get("value")
    if kind == "ne":
        return value != wanted
    return value is not None and wanted is not None and bool(_COMPARISONS[kind](value, wanted))


def scores(query: str, passages: list[str]) -> list[float]:
    """Return the share (0 to 1) of the query's words in each passage; rare words weigh more."""
    asked = word_stems(query)
    held = [asked & word_stems(passage) for passage in passages]
    frequency = Counter(word for words in held for word in words)
    weight = {word: log(1 + len(passages) / (1 + frequency[word])) for word in asked}
    whole = sum(weight.values()) or 1.0
    return [round(sum(weight[word] for word in words) / whole, 6) for words in held]
