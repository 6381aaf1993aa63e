"""Filling a function's arguments from a question, guided by parameter names and types."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from local.provider.brain.mentions import (
    DAY,
    PLACES,
    TICKERS,
    may_be_a_name,
    means_whole_question,
    mentioned,
    names_in,
    subject_of,
)
from local.provider.brain.prompt import Function, Json
from local.provider.brain.words import name_words, unquote

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def fill(function: Function, question: str) -> list[Json]:
    """The arguments for each call that the question needs: one, or one per place that it names."""
    subject = next(
        (
            n
            for n in function.required or function.properties
            if set(name_words(n)) & (PLACES | TICKERS)
            and function.properties.get(n, {}).get("type") != "array"
            and not function.properties.get(n, {}).get("enum")
        ),
        None,
    )
    values = mentioned(subject, question) if subject else []
    if subject is None or len(values) < 2 or _two_places(function):
        return [_filled(function.parameters, question)]
    return [{**_filled(function.parameters, question), subject: value} for value in values]


def _two_places(function: Function) -> bool:
    return sum(bool(set(name_words(name)) & PLACES) for name in function.required) > 1


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
    text = DAY.sub(" ", question)
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
    values = mentioned(name, question) or _after_colon(question)
    return values or ([] if needed else None)


def _after_colon(question: str) -> list[str]:
    _, _, rest = question.partition(":")
    return [unquote(part) for part in re.split(r",|\band\b", rest.rstrip(".?!")) if part.strip()]


def _text(name: str, question: str, used: set[str], needed: bool) -> str | None:
    found = next((v for v in mentioned(name, question) if v not in used), None)
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
    if means_whole_question(name):
        return subject_of(question)
    names = [n for n in names_in(question) if n not in used] if may_be_a_name(name) else []
    return names[0] if names else subject_of(question)
