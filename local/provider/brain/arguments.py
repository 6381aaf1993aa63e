"""Filling a function's arguments from a question, guided by parameter names and types."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from local.provider.brain.arithmetic import EXPRESSION
from local.provider.brain.prompt import Function, Json
from local.provider.brain.words import name_words, unquote

_CAPITALISED = r"[A-Z][\w'’.-]*(?:[ ](?:de |la |le |of |van |am )?[A-Z][\w'’-]*)*"
_WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_DAY = re.compile(
    rf"\b(\d{{4}}-\d{{2}}-\d{{2}}|(?:next |this )?{_WEEKDAY}|today|tomorrow|tonight|yesterday|"
    r"\d{1,2}(?:st|nd|rd|th)?(?: of)? (?:january|february|march|april|may|june|july|august|september|"
    r"october|november|december)(?: \d{4})?)\b",
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
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_NOT_NAMES = frozenset(
    """What Which Who When Where Why How Is Are Do Does Can Could Would Please Book Tell Get Show Find
    Give And The A An I In On At My It Monday Tuesday Wednesday Thursday Friday Saturday Sunday Order
    Send Create Schedule Add Search Look Compare Check Call Use Run Also Then Let Make Set Extract
    List Name Translate Summarize Summarise Write Draw Plot Answer Reply Say Remember Hello Hi""".split()
)
_PLACES = {
    "location",
    "city",
    "place",
    "country",
    "address",
    "destination",
    "origin",
    "town",
    "region",
    "state",
    "area",
    "capital",
}
_PEOPLE = {
    "name",
    "person",
    "attendee",
    "participant",
    "guest",
    "who",
    "with",
    "recipient",
    "user",
    "customer",
    "contact",
    "employee",
    "author",
    "player",
    "host",
}
_SUBJECTS = {
    "query",
    "question",
    "text",
    "message",
    "content",
    "prompt",
    "topic",
    "subject",
    "title",
    "term",
    "keyword",
    "description",
    "note",
    "task",
    "body",
    "reason",
    "summary",
    "request",
}
_DAYS = {"day", "date", "when", "weekday"}
_TIMES = {"time", "hour", "start", "at"}


def fill(function: Function, question: str) -> list[Json]:
    """The arguments for each call that the question needs: one, or one per place that it names."""
    subject = next(
        (
            n
            for n in function.required or function.properties
            if set(name_words(n)) & (_PLACES | {"symbol", "ticker"})
            and function.properties.get(n, {}).get("type") != "array"
            and not function.properties.get(n, {}).get("enum")
        ),
        None,
    )
    values = _candidates(subject, question) if subject else []
    if subject is None or len(values) < 2 or _two_places(function):
        return [_filled(function.parameters, question)]
    return [{**_filled(function.parameters, question), subject: value} for value in values]


def _two_places(function: Function) -> bool:
    return sum(bool(set(name_words(name)) & _PLACES) for name in function.required) > 1


def _filled(schema: Json, question: str) -> Json:
    required = set(schema.get("required") or [])
    arguments: Json = {}
    used: set[str] = set()
    for name, parameter in (schema.get("properties") or {}).items():
        value = _value(name, parameter, question, used, name in required)
        if value is not None:
            arguments[name] = value
            used.add(str(value))
    return arguments


def _value(
    name: str, schema: Mapping[str, Any], question: str, used: set[str], needed: bool
) -> Any:
    kind = schema.get("type")
    kinds = kind if isinstance(kind, list) else [kind]
    if options := schema.get("enum"):
        return _chosen(options, question, needed)
    if "boolean" in kinds:
        return not re.search(r"\b(?:no|not|without|don't)\b", question, re.I) if needed else None
    if "integer" in kinds or "number" in kinds:
        return _number(name, question, used, needed, whole="integer" in kinds)
    if "array" in kinds:
        return _listed(name, schema.get("items") or {}, question, needed)
    if "object" in kinds:
        inner = _filled(dict(schema), question)
        return inner if inner or needed else None
    if "default" in schema and not needed:
        return None
    return _text(name, question, used, needed)


def _chosen(options: list[Any], question: str, needed: bool) -> Any:
    lowered = question.lower()
    for option in options:
        if re.search(rf"\b{re.escape(str(option).lower())}", lowered):
            return option
    return options[0] if needed else None


def _number(
    name: str, question: str, used: set[str], needed: bool, whole: bool
) -> float | int | None:
    text = _DAY.sub(" ", question)
    parts = "|".join(part for part in name_words(name) if len(part) > 1)
    named = (
        re.search(rf"\b(?:{parts})\D{{0,12}}?({_NUMBER.pattern})", text, re.I) if parts else None
    )
    unused = (n for n in _NUMBER.findall(text) if not {n, f"{float(n)}"} & used)
    found = named.group(1) if named else next(unused, None)
    if found is None:
        return (0 if whole else 0.0) if needed else None
    if not named and not needed:
        return None
    return int(float(found)) if whole else float(found)


def _listed(name: str, items: Mapping[str, Any], question: str, needed: bool) -> list[Any] | None:
    if options := items.get("enum"):
        chosen = [o for o in options if str(o).lower() in question.lower()]
        return chosen or (options[:1] if needed else None)
    if items.get("type") in {"integer", "number"}:
        convert = int if items["type"] == "integer" else float
        return [convert(float(n)) for n in _NUMBER.findall(question)] or ([] if needed else None)
    if items.get("type") == "object":
        return [_filled(dict(items), question)]
    values = _candidates(name, question) or _after_colon(question)
    return values or ([] if needed else None)


def _after_colon(question: str) -> list[str]:
    _, _, rest = question.partition(":")
    return [unquote(part) for part in re.split(r",|\band\b", rest.rstrip(".?!")) if part.strip()]


def _text(name: str, question: str, used: set[str], needed: bool) -> str | None:
    parts = set(name_words(name))
    found = next((v for v in _candidates(name, question) if v not in used), None)
    if found is not None:
        return found
    named = re.search(
        rf"\b{'[ _]'.join(name_words(name))}\s*(?:is|=|:|of|to|called|named)\s*"
        r"[\"'“]?([\w@.#-]+)",
        question,
        re.I,
    )
    if named:
        return named.group(1)
    if not needed:
        return None
    if parts & _SUBJECTS or "expression" in parts:
        return _subject(question)
    known = parts & (_DAYS | _TIMES | {"email", "url"})
    names = [] if known else [n for n in _names(question) if n not in used]
    return names[0] if names else _subject(question)


def _candidates(name: str, question: str) -> list[str]:
    """Every value in the question that a parameter of this name could mean."""
    parts = set(name_words(name))
    if parts & _DAYS:
        return [m.group(1) for m in _DAY.finditer(question)]
    if parts & _TIMES:
        return [m.group(1) or m.group(2) for m in _TIME.finditer(question)]
    if "email" in parts or (parts & {"to", "recipient"} and _EMAIL.search(question)):
        return _EMAIL.findall(question)
    if parts & {"url", "link", "website"}:
        return _URL.findall(question)
    if parts & {"symbol", "ticker"}:
        return _unique(_SYMBOL.findall(question))
    if "expression" in parts:
        return [m.group().strip() for m in EXPRESSION.finditer(question)][:1]
    if parts & {"id", "number", "code", "sku"}:
        return _unique(m.group() for m in _IDENTIFIER.finditer(question))
    quoted = [a or b for a, b in _QUOTED.findall(question)]
    if quoted:
        return quoted
    if parts & _PLACES:
        return _names(_without_people(question))
    if parts & _PEOPLE:
        after = re.findall(
            rf"\b(?:with|to|for|by|of|invite|named|called)\s+({_CAPITALISED})", question
        )
        return _unique([n for n in after if n not in _NOT_NAMES]) or _names(question)
    return []


def _without_people(question: str) -> str:
    return re.sub(rf"\b(?:with|by)\s+{_CAPITALISED}", " ", question)


def _names(question: str) -> list[str]:
    found = []
    for match in re.finditer(_CAPITALISED, question):
        kept = match.group().rstrip(".").removesuffix("'s").removesuffix("’s")
        head, _, rest = kept.partition(" ")
        if head in _NOT_NAMES or head.split("'")[0] in _NOT_NAMES:
            kept = rest if rest and rest.split()[0] not in _NOT_NAMES else ""
        if kept and not _DAY.fullmatch(kept):
            found.append(kept)
    return _unique(found)


def _subject(question: str) -> str:
    quoted = _QUOTED.search(question)
    if quoted:
        return quoted.group(1) or quoted.group(2)
    return question.strip().rstrip("?!.")


def _unique(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))
