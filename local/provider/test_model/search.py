"""File search: quote the sentence that shares most words with the question, and cite its file."""

import re
from pathlib import PurePath

from local.provider.test_model.prompt import Desk, Json, Passage, Prompt, say
from local.provider.test_model.words import sentences, word_stems

_PRINTABLE = re.compile(rb"[\x20-\x7e\n\t]{4,}")


def search_files(prompt: Prompt, desk: Desk) -> list[Json]:
    """Return the search item and a message; nothing where there is no file to search."""
    items: list[Json] = []
    passages: list[Passage] = []
    if prompt.has("file_search"):
        passages = desk.search(prompt.question)
        results = [
            {
                "file_id": passage.file_id,
                "filename": passage.filename,
                "score": round(passage.score, 4),
                "text": passage.text,
                "attributes": {},
            }
            for passage in passages
        ]
        items = [
            {
                "type": "file_search_call",
                "status": "completed",
                "queries": [prompt.question],
                "results": results,
            }
        ]
    for file_id, (name, content) in desk.input_files().items():
        text = text_in(name, content)
        if not text:
            return [*items, say(f"I cannot read {name}.")]
        passages.append(Passage(file_id, name, text, 0))
    if not items and not passages:
        return []
    if not passages:
        return [*items, say("The attached files do not say.")]
    asked = word_stems(prompt.question)
    candidates = [(s, p) for p in passages for s in sentences(p.text)]
    sentence, source = max(candidates, key=lambda c: len(asked & word_stems(c[0])))
    citation = {
        "type": "file_citation",
        "file_id": source.file_id,
        "filename": source.filename,
        "index": len(sentence),
    }
    return [*items, say(sentence, [citation] if items else [])]


def text_in(name: str, content: bytes) -> str:
    """Return a file's text; empty for a PDF, and of another binary file what is printable."""
    if PurePath(name).suffix.lower() == ".pdf":
        return ""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = b"\n".join(_PRINTABLE.findall(content)).decode("ascii")
    return re.sub(r"<[^>]+>", " ", text) if name.lower().endswith(".html") else text
