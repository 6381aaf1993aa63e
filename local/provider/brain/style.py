# ruff: noqa: RUF001 - people type these signs
"""Obeying explicit instructions about the form of an answer."""

from __future__ import annotations

import re

from local.provider.brain.words import count_word, sentences, unquote, words

_QUOTED = re.compile(r"[\"“'‘`](.+?)[\"”'’`](?=[\s.,;!?]|$)", re.S)
_REPLY = r"(?:reply|respond|answer|say|return|output|write|print)(?:\s+\w+){0,4}?"
_EXACTLY = re.compile(
    rf"\b{_REPLY}\s+(?:with\s+)?(?:exactly|precisely|verbatim|nothing but|"
    r"the (?:single |one |exact )?(?:word|words|text|phrase|sentence|string))"
    r"(?:\s+(?:this|the (?:word|words|text|phrase|sentence)))?\s*:?\s+(.+)$",
    re.I | re.S,
)
_ONLY = re.compile(
    rf"\b(?:only\s+{_REPLY}|{_REPLY}\s+(?:only|just))\s+with\s*:?\s+(.+)$", re.I | re.S
)
_SAY = re.compile(r"^\s*(?:please\s+)?(?:just\s+)?say\s*:?\s+(.+)$", re.I | re.S)
_TAIL = re.compile(
    r"[\s,;.]+(?:and (?:with )?nothing (?:else|more)|without .*|no matter what.*|regardless.*|"
    r"and then stop|to (?:every|each|any|all) .*|when(?:ever)? .*)$",
    re.I | re.S,
)
_EACH = r"(?:each|every|all|any|your|the|an?)?\s*(?:of\s+your\s+|single\s+)?"
_THINGS = r"(?:answers?|repl(?:y|ies)|messages?|responses?|sentences?|outputs?|it)"
_WHICH = (
    r"(?:the\s+(?:exact\s+)?(?:word|words|phrase|sentence|text|line|signature|emoji)s?\s*:?\s+)?"
)
_END = re.compile(
    rf"\b(?:end|finish|conclude|close|sign(?: off)?)\s+{_EACH}{_THINGS}\s+(?:with|as|by saying)"
    rf"\s*:?\s+{_WHICH}(.+)$",
    re.I | re.S,
)
_BEGIN = re.compile(
    rf"\b(?:begin|start|open|prefix)\s+{_EACH}{_THINGS}\s+(?:with|by saying)\s*:?\s+{_WHICH}(.+)$",
    re.I | re.S,
)
_ADDRESS = re.compile(r"\baddress (?:the user|them|me|him|her) as\s+(.+)$", re.I)
_WHEN = re.compile(
    r"\b(?:if|when|whenever)\s+"
    r"(?:the user|someone|somebody|anyone|i|they|you are|you're|you get)?\s*"
    r"(?:ask(?:s|ed)?(?: (?:you )?(?:about|for))?|sa(?:ys?|id)|mentions?|writes?|types?|greets?)\s+"
    rf"(.+?),?\s+(?:then\s+|you\s+|always\s+|must\s+)*{_REPLY}\s*(?:with|:)?\s+(.+)$",
    re.I | re.S,
)
_AT_MOST = re.compile(
    r"\b(?:in|using|use|with|at most|no more than|maximum(?: of)?|only)\s+"
    r"(?:at most |exactly |only )?"
    r"(\w+)\s+words?\b(?!\s+(?:or more|at least))",
    re.I,
)
_NEGATED = re.compile(r"\b(?:not|never|don't|avoid)\b", re.I)


def fixed_reply(guidance: str, question: str) -> str | None:
    """The whole answer, when the instructions or the question spell it out."""
    for sentence in sentences(guidance):
        if (match := _WHEN.search(sentence)) is not None:
            if set(words(unquote(match.group(1)))) <= set(words(question)):
                return _value(match.group(2))
            continue
        if (fixed := _spelt_out(sentence)) is not None:
            return fixed
    for sentence in [question, *sentences(question)]:
        if (fixed := _spelt_out(sentence)) is not None:
            return fixed
    match = _SAY.match(question)
    return _value(match.group(1)) if match else None


def styled(text: str, guidance: str, question: str) -> str:
    """An answer in the form that the instructions ask for."""
    rules = [s for s in [*sentences(guidance), *sentences(question)] if not _NEGATED.search(s)]
    for rule in rules:
        text = _shortened(text, rule)
    for rule in rules:
        if (match := _ADDRESS.search(rule)) is not None:
            text = f"{_value(match.group(1))}, {text}"
        if (match := _BEGIN.search(rule)) is not None:
            text = f"{_value(match.group(1))} {text}"
        if (match := _END.search(rule)) is not None:
            text = f"{text} {_value(match.group(1))}"
    for rule in rules:
        text = _cased(text, rule)
    return text


def _spelt_out(sentence: str) -> str | None:
    if _NEGATED.search(sentence) or _END.search(sentence) or _BEGIN.search(sentence):
        return None
    if (match := _EXACTLY.search(sentence)) is not None:
        return _value(match.group(1))
    if (match := _ONLY.search(sentence)) is not None:
        value = match.group(1)
        if _QUOTED.match(value) or len(words(value)) == 1:
            return _value(value)
    return None


def _value(text: str) -> str:
    if (quoted := _QUOTED.match(text.strip())) is not None:
        return quoted.group(1)
    cut = _TAIL.sub("", text.strip())
    return unquote(cut.removesuffix(".") if not cut.endswith("..") else cut)


def _shortened(text: str, rule: str) -> str:
    if re.search(r"\b(?:one|a single) sentence\b", rule, re.I):
        return sentences(text)[0] if sentences(text) else text
    match = _AT_MOST.search(rule)
    limit = count_word(match.group(1)) if match else None
    if limit is None and re.search(r"\b(?:one|a single)[- ]word\b", rule, re.I):
        limit = 1
    if limit is None:
        return text
    kept = text.split()
    return text if len(kept) <= limit else " ".join(kept[:limit]).rstrip(",;:.") + "."


def _cased(text: str, rule: str) -> str:
    if re.search(r"\b(?:upper[- ]?case|all[- ]caps|capital letters|capitals)\b", rule, re.I):
        return text.upper()
    if re.search(r"\b(?:lower[- ]?case|small letters)\b", rule, re.I):
        return text.lower()
    return text
