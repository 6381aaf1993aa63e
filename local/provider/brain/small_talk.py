"""What is left when no tool and no fact is asked for: greetings, and a few honest sentences."""

from __future__ import annotations

import re

from local.provider.brain.words import content_words

_LONG = re.compile(
    r"\b(?:long|detailed|exhaustive|in depth|thorough|\d{3,}[- ]words?|essay|novel|every step)\b"
    r"[^.?!]*|\bwrite (?:me )?(?:a|an) (?:\w+ )?(?:report|essay|story|novel|book)\b",
    re.I,
)
_GREETING = re.compile(r"^\s*(?:hi|hello|hey|good (?:morning|day|evening))\b", re.I)
_THANKS = re.compile(r"\b(?:thanks|thank you)\b", re.I)
_STATES = re.compile(r"\b(?:my|i am|i'm|i live|i like|remember|note that|our)\b", re.I)
_CAPITAL = re.compile(r"\bcapital (?:city )?of (\w+)", re.I)
_CAPITALS = {
    "france": "Paris",
    "germany": "Berlin",
    "italy": "Rome",
    "spain": "Madrid",
    "japan": "Tokyo",
    "england": "London",
    "portugal": "Lisbon",
    "canada": "Ottawa",
}
_LONG_PARAGRAPHS = 24


def takes_long(question: str) -> bool:
    """Whether a question asks for something that takes a while to write."""
    return _LONG.search(question) is not None


def talk(question: str) -> str:
    """An answer that claims nothing that the conversation does not hold."""
    topic = " ".join(content_words(question)[:8])
    if not question.strip():
        return "What would you like to know?"
    if takes_long(question):
        return "\n\n".join(
            f"Part {part}. This part of the text on {topic} says what was asked in its own words "
            "and leads on to the next one."
            for part in range(1, _LONG_PARAGRAPHS + 1)
        )
    if (match := _CAPITAL.search(question)) and match.group(1).lower() in _CAPITALS:
        return f"The capital of {match.group(1)} is {_CAPITALS[match.group(1).lower()]}."
    if _GREETING.search(question):
        return "Hello! How can I help you?"
    if _THANKS.search(question):
        return "You are welcome."
    if _STATES.search(question) and "?" not in question:
        return "Thank you, I will keep that in mind."
    return f"I cannot say more about {topic or 'that'} than this conversation holds."
