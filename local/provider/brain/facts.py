"""Recalling what the conversation says, and admitting what it does not say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from local.provider.brain.prompt import Prompt
from local.provider.brain.words import content_words, is_question, sentences, unquote

_OWNED = re.compile(
    r"\b(my|our|your|the)\s+([\w' -]{2,60}?)\s+(?:is|are|was|were|will be|=|equals)\s+"
    r"(?:called\s+|named\s+)?(.+)$",
    re.I,
)
_FIXED: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\b(?:i am called|i'm called|call me|people call me)\s+(.+)$", re.I), "name"),
    (re.compile(r"\bi(?:'m| am)\s+(\d+)(?:\s+years old)?\b", re.I), "age"),
    (re.compile(r"\bi (?:live in|am from|come from)\s+(.+)$", re.I), "home"),
    (re.compile(r"\bi'm from\s+(.+)$", re.I), "home"),
    (re.compile(r"\bi work (?:as an?|as|at|for|in)\s+(.+)$", re.I), "work"),
    (re.compile(r"\bi (?:really )?(?:like|love|prefer|enjoy)\s+(.+)$", re.I), "like"),
    (
        re.compile(
            r"\bremember (?:the |this |my )?([a-z ]{3,30}?)\s*[:=]?\s+([\dA-Z][\w-]*)", re.I
        ),
        "",
    ),
)
_YOU_ARE = re.compile(r"\b(?i:you are|you're|your name is)\s+(?i:called\s+|named\s+)?([A-Z][\w-]+)")
_ASKED: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\bwho am i\b|\bwhat am i called\b", re.I), "name"),
    (re.compile(r"\bhow old am i\b", re.I), "age"),
    (re.compile(r"\bwhere (?:do i live|am i from|is my home)\b", re.I), "home"),
    (re.compile(r"\bwhat (?:do i do|is my job)\b|\bwhere do i work\b", re.I), "work"),
    (re.compile(r"\bwhat do i (?:like|love|prefer|enjoy)\b", re.I), "like"),
)
_MINE = re.compile(
    r"\b(?:what|who|which|when|where|how old)(?:'s| is| are| was| were)\s+(?:my|our)\s+(.+?)\??$",
    re.I,
)
_WHO_ARE_YOU = re.compile(r"\bwho are you\b|\bwhat(?:'s| is) your name\b", re.I)
_LAST_SAID = re.compile(
    r"\bwhat (?:did|have) i (?:just )?(?:say|said|ask|asked|tell|told|write|written)\b", re.I
)
_FIRST_SAID = re.compile(r"\bfirst (?:message|question|thing)\b", re.I)
_VALUE_END = re.compile(
    r"(?<=\w)[.!?](?:\s|$)|[;\n]|,?\s+(?:and|but)\s+(?:i|my|our|the|what|please)\b|,\s", re.I
)


@dataclass(frozen=True)
class Fact:
    """Something stated: whose it is, the words that name it, its value."""

    owner: str
    name: str
    value: str

    @property
    def key(self) -> frozenset[str]:
        """The stems of its name."""
        return frozenset(content_words(self.name))


def recall(prompt: Prompt) -> str | None:
    """The answer to a question about the conversation; None for any other question."""
    question = prompt.question
    if not is_question(question) and not re.search(
        r"\b(?:tell me|remind me|recall)\b", question, re.I
    ):
        return None
    if _WHO_ARE_YOU.search(question):
        match = _YOU_ARE.search(prompt.guidance)
        return f"My name is {match.group(1)}." if match else "I am an assistant."
    if _FIRST_SAID.search(question) and len(prompt.user_texts) > 1:
        return f'Your first message was: "{prompt.user_texts[0]}"'
    if _LAST_SAID.search(question) and len(prompt.user_texts) > 1:
        return f'You said: "{prompt.user_texts[-2]}"'
    facts = list(_facts(prompt))
    for pattern, name in _ASKED:
        if pattern.search(question):
            return _stated(name, facts) or f"I don't know: you have not told me your {name}."
    if (found := _best(question, facts)) is not None:
        whose = "Your" if found.owner in {"my", "our"} else "The"
        return f"{whose} {found.name} is {found.value}."
    if (match := _MINE.search(question)) is not None:
        return f"I don't know your {unquote(match.group(1))}: you have not told me."
    return None


def _stated(name: str, facts: list[Fact]) -> str | None:
    found = next((fact for fact in reversed(facts) if name in fact.key), None)
    return f"Your {found.name} is {found.value}." if found else None


def _best(question: str, facts: list[Fact]) -> Fact | None:
    asked = set(content_words(question))
    fitting = [fact for fact in facts if fact.key and fact.key <= asked]
    if not fitting:
        return None
    widest = max(len(fact.key) for fact in fitting)
    return [fact for fact in fitting if len(fact.key) == widest][-1]


def _facts(prompt: Prompt) -> Iterator[Fact]:
    for text in [prompt.guidance, *prompt.user_texts]:
        for sentence in sentences(text):
            if not sentence.endswith("?"):
                yield from _in_sentence(sentence)


def _in_sentence(sentence: str) -> Iterator[Fact]:
    clauses = re.split(r",?\s+and\s+(?=(?:my|our|i|the)\b)", sentence, flags=re.I)
    for clause in clauses:
        if (match := _OWNED.search(clause)) is not None:
            owner = match.group(1).lower()
            name = re.sub(r"'s\b", "", match.group(2)) if owner != "my" else match.group(2)
            yield Fact(owner, name.lower() if owner != "my" else name, _trim(match.group(3)))
            continue
        for pattern, name in _FIXED:
            if (match := pattern.search(clause)) is not None:
                groups = match.groups()
                yield Fact("my", name or groups[0].strip(), _trim(groups[-1]))
                break


def _trim(value: str) -> str:
    return unquote(_VALUE_END.split(value, maxsplit=1)[0]).rstrip(".!")
