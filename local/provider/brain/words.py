# ruff: noqa: RUF001 - people type these signs
"""Looking at English as a small model does: sentences, words, stems, a few synonyms."""

from __future__ import annotations

import re


def word_set(text: str) -> frozenset[str]:
    """The words of a text, to write a set of words without a quote around each."""
    return frozenset(text.split())


_WORD = re.compile(r"[A-Za-z]+(?:'[a-z]+)?|\d+")
_STOP = word_set(
    """a an the this that these those is are was were be been am do does did done has have had i me
    my mine you your yours we our us they them their it its he she his her of in on at to for from
    by with about and or not no so if then than as what which who whom whose when where why how can
    could will would shall should may might must please tell give show let get use using given one
    some any all each every there here now just also very more most least much many like such into
    over under up down out want need know think make made say said it's i'm what's let's"""
)
_SYNONYMS = {
    "color": "colour",
    "favorite": "favourite",
    "temperature": "weather",
    "forecast": "weather",
    "climate": "weather",
    "hot": "weather",
    "cold": "weather",
    "precipitation": "rain",
    "rainy": "rain",
    "umbrella": "rain",
    "schedule": "book",
    "reserve": "book",
    "appointment": "meeting",
    "purchase": "order",
    "buy": "order",
    "mail": "email",
    "plot": "chart",
    "graph": "chart",
    "diagram": "chart",
    "cost": "price",
    "compute": "calculate",
    "nickname": "nickname",
    "city": "city",
}
_SPLIT_NAME = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
NUMBER_WORDS = {
    word: number
    for number, word in enumerate(
        ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    )
}


def sentences(text: str) -> list[str]:
    """The sentences and lines of a text."""
    parts = re.split(r"(?<=[.!?])\s+|\n+", text)
    return [part.strip() for part in parts if part.strip()]


def words(text: str) -> list[str]:
    """All words, lower case."""
    return [word.lower() for word in _WORD.findall(text)]


def content_words(text: str) -> list[str]:
    """The stems of the words that carry meaning, in order."""
    return [stem(word) for word in words(text) if word not in _STOP]


def name_words(name: str) -> list[str]:
    """The stems of the parts of an identifier: `getWeather` and `get_weather` alike."""
    return [stem(part.lower()) for part in _SPLIT_NAME.findall(name)]


def stem(word: str) -> str:
    """A crude stem, then a common synonym: `meetings` is `meeting`, `temperature` is `weather`."""
    word = word.removesuffix("'s").replace("'", "")
    word = _SYNONYMS.get(word, word)
    return _SYNONYMS.get(singular(word), singular(word))


def singular(word: str) -> str:
    """`countries` is `country`, `sales` is `sale`, `status` stays."""
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3:
        return word[:-1]
    return word


def count_word(text: str) -> int | None:
    """The first number in a text, in digits or as a word up to twelve."""
    for word in words(text):
        if word.isdigit():
            return int(word)
        if word in NUMBER_WORDS:
            return NUMBER_WORDS[word]
    return None


def unquote(text: str) -> str:
    """A text without the quotes and spaces around it."""
    return text.strip().strip("\"'“”‘’`").strip()


def is_question(text: str) -> bool:
    """Whether somebody asks something, with or without the mark."""
    start = words(text)[:1]
    asking = {
        "what",
        "which",
        "who",
        "when",
        "where",
        "why",
        "how",
        "is",
        "are",
        "do",
        "does",
        "can",
    }
    return "?" in text or bool(start and (start[0] in asking or start[0].startswith("what'")))
