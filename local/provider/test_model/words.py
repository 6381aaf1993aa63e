"""Words and sentences of a text."""

import re


def word_set(text: str) -> frozenset[str]:
    """Return the words of a text, so that a set of words is written without quotes."""
    return frozenset(text.split())


_STOP = word_set(
    """a an and are as at be by can did do does for from has have how i in is it its me my of on or
    our please say so that the their there this to was we were what when where which who why will
    with you your according file"""
)


def word_stems(text: str) -> set[str]:
    """Return the words that carry meaning, lower case and without the plural's s."""
    words = re.findall(r"[a-z]+|\d+", text.lower())
    return {w[:-1] if len(w) > 3 and w.endswith("s") else w for w in words if w not in _STOP}


def sentences(text: str) -> list[str]:
    """Return the sentences and lines of a text."""
    return [part.strip() for part in re.split(r"(?<=[.!?])\s+|\n+", text) if part.strip()]
