"""File search: look the question up in the attached documents and cite what answers it."""

from __future__ import annotations

import re

from local.provider.brain.desk import Desk, Passage
from local.provider.brain.drafts import say
from local.provider.brain.prompt import Json, Prompt
from local.provider.brain.words import content_words, is_question, sentences

_ABOUT_FILES = re.compile(
    r"\b(?:files?|documents?|docs?|attached|attachment|pdf|manual|report|according to|uploaded|"
    r"handbook|policy|search|look up|retrieve|summari[sz]e)\b",
    re.I,
)
_BEST_SENTENCES = 2


def wants_search(prompt: Prompt) -> bool:
    """Whether the question is one that the attached documents may answer."""
    if prompt.hosted("file_search") is None:
        return False
    return bool(_ABOUT_FILES.search(prompt.question)) or is_question(prompt.question)


def search_files(prompt: Prompt, desk: Desk) -> tuple[list[Json], str, list[Json]]:
    """The search item, the answer's text and its citations."""
    passages = desk.search(prompt.question)
    item = {
        "type": "file_search_call",
        "status": "completed",
        "queries": [prompt.question],
        "results": [_result(passage) for passage in passages],
    }
    text, cited = _answer(prompt.question, passages)
    citations: list[Json] = [
        {
            "type": "file_citation",
            "file_id": passage.file_id,
            "filename": passage.filename,
            "index": position,
        }
        for passage, position in cited
    ]
    return [item], text, citations


def search_and_say(prompt: Prompt, desk: Desk) -> list[Json]:
    """The search item and a message, as output items."""
    items, text, citations = search_files(prompt, desk)
    return [*items, say(text, citations)]


def _answer(question: str, passages: list[Passage]) -> tuple[str, list[tuple[Passage, int]]]:
    asked = set(content_words(question))
    candidates = [
        (len(asked & set(content_words(sentence))), -rank, sentence, passage)
        for rank, passage in enumerate(passages)
        for sentence in sentences(passage.text)
    ]
    best = sorted((c for c in candidates if c[0]), key=lambda c: (-c[0], -c[1]))[:_BEST_SENTENCES]
    if best and best[0][0] > 1:
        best = [candidate for candidate in best if candidate[0] > 1]
    if not best and passages and _ABOUT_FILES.search(question):
        first = (sentences(passages[0].text) or [passages[0].text])[0]
        best = [(0, 0, first, passages[0])]
    if not best:
        return "The attached files do not say.", []
    text, cited = "", []
    for _, _, sentence, passage in best:
        if sentence not in text:
            text = f"{text} {sentence}".strip()
            cited.append((passage, len(text)))
    return text, cited


def _result(passage: Passage) -> Json:
    return {
        "file_id": passage.file_id,
        "filename": passage.filename,
        "score": round(passage.score, 4),
        "text": passage.text,
        "attributes": {},
    }
