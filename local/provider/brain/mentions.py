# ruff: noqa: RUF001 - people type these signs
"""What a question mentions: names, days, times, addresses, and which of them a parameter means."""

from __future__ import annotations

import re
from collections.abc import Iterable

from local.provider.brain.arithmetic import EXPRESSION
from local.provider.brain.words import name_words, word_set

_CAPITALISED = r"[A-Z][\w'’.-]*(?:[ ](?:de |la |le |of |van |am )?[A-Z][\w'’-]*)*"
_WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_MONTH = (
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december)"
)
DAY = re.compile(
    rf"\b(\d{{4}}-\d{{2}}-\d{{2}}|(?:next |this )?{_WEEKDAY}|today|tomorrow|tonight|yesterday|"
    rf"\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH}(?: \d{{4}})?)\b",
    re.I,
)
_TIME = re.compile(
    r"\b(\d{1,2}:\d{2}(?:\s?[ap]\.?m\.?)?|\d{1,2}\s?[ap]\.?m\.?|noon|midnight)(?=\W|$)"
    r"|\bat (\d{1,2})(?: o'clock)?\b(?!\s*%)",
    re.I,
)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*\w")
_URL = re.compile(r"https?://[^\s\"'<>]+")
_SYMBOL = re.compile(r"\b[A-Z]{2,5}\b")
_IDENTIFIER = re.compile(r"\b(?=[\w-]*\d)[A-Za-z]*[-_#]?[\w-]*\d[\w-]*\b")
_QUOTED = re.compile(r"[\"“](.+?)[\"”]|(?<=\s)['‘](.+?)['’](?=\W|$)")
_NOT_NAMES = word_set(
    """What Which Who When Where Why How Is Are Do Does Can Could Would Please Book Tell Get Show
    Find Give And The A An I In On At My It Monday Tuesday Wednesday Thursday Friday Saturday Sunday
    Order Send Create Schedule Add Search Look Compare Check Call Use Run Also Then Let Make Set
    Extract List Name Translate Summarize Summarise Write Draw Plot Answer Reply Say Remember Hello
    Hi Will Should Did Has Have There This That We You He She They It's I'm For From To With"""
)
PLACES = word_set(
    "location city place country address destination origin town region state area capital"
)
TICKERS = word_set("symbol ticker")
_PEOPLE = word_set(
    """name person attendee participant guest who with recipient user customer contact employee
    author player host"""
)
_SUBJECTS = word_set(
    """query question text message content prompt topic subject title term keyword description note
    task body reason summary request expression"""
)
_DAYS = word_set("day date when weekday")
_TIMES = word_set("time hour start at")
_ADDRESSES = word_set("email url link website")


def mentioned(name: str, question: str) -> list[str]:
    """Every value in the question that a parameter of this name could mean, best first."""
    parts = set(name_words(name))
    if parts & _DAYS:
        return [m.group(1) for m in DAY.finditer(question)]
    if parts & _TIMES:
        return [m.group(1) or m.group(2) for m in _TIME.finditer(question)]
    if "email" in parts or (parts & {"to", "recipient"} and _EMAIL.search(question)):
        return _EMAIL.findall(question)
    if parts & _ADDRESSES:
        return _URL.findall(question)
    if parts & TICKERS:
        return _unique(_SYMBOL.findall(question))
    if "expression" in parts:
        return [m.group().strip() for m in EXPRESSION.finditer(question)][:1]
    if parts & {"id", "number", "code", "sku"}:
        return _unique(m.group() for m in _IDENTIFIER.finditer(question))
    if quoted := [double or single for double, single in _QUOTED.findall(question)]:
        return quoted
    if parts & PLACES:
        return names_in(re.sub(rf"\b(?:with|by)\s+{_CAPITALISED}", " ", question))
    if parts & _PEOPLE:
        linked = rf"\b(?:with|to|for|by|of|invite|named|called)\s+({_CAPITALISED})"
        people = [name for name in re.findall(linked, question) if name not in _NOT_NAMES]
        return _unique(people) or names_in(question)
    return []


def names_in(question: str) -> list[str]:
    """Capitalised phrases that are not just the start of a sentence or a day."""
    found = []
    for match in re.finditer(_CAPITALISED, question):
        kept = match.group().rstrip(".").removesuffix("'s").removesuffix("’s")
        head, _, rest = kept.partition(" ")
        if head.split("'")[0] in _NOT_NAMES:
            kept = rest if rest and rest.split()[0] not in _NOT_NAMES else ""
        if kept and not DAY.fullmatch(kept):
            found.append(kept)
    return _unique(found)


def means_whole_question(name: str) -> bool:
    """Whether a parameter takes free text: a query, a message, a title."""
    return bool(set(name_words(name)) & _SUBJECTS)


def may_be_a_name(name: str) -> bool:
    """Whether a name in the question could be this parameter's value."""
    return not set(name_words(name)) & (_DAYS | _TIMES | _ADDRESSES)


def subject_of(question: str) -> str:
    """What a question is about: what it quotes, else all of it."""
    if (quoted := _QUOTED.search(question)) is not None:
        return quoted.group(1) or quoted.group(2)
    return question.strip().rstrip("?!.")


def _unique(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))
