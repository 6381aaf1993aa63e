"""Citations in a text, as markers of the form that OpenAI's Assistants API had: 【4:0†source】."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

MARKER = re.compile("【[^【】]*】")

Span = tuple[int, int]


def with_markers(
    text: str, annotations: Sequence[Mapping[str, Any]], *, number: int
) -> tuple[str, list[Span]]:
    """Returns the text with a marker for each file citation, and where each annotation is in it.

    The Responses API gives a citation a place and no text. A marker that the text has at that place
    is used. Else 【`number`:m†source】 is inserted, where m counts the cited files.
    """
    written = [found.span() for found in MARKER.finditer(text)]
    paths = [_path_span(each) for each in annotations if each.get("type") != "file_citation"]
    files: list[object] = []
    spans: dict[int, Span] = {}
    inserted: list[tuple[int, int, str]] = []
    for position, annotation in enumerate(annotations):
        if annotation.get("type") != "file_citation":
            spans[position] = _path_span(annotation)
            continue
        at = min(max(int(annotation.get("index") or 0), 0), len(text))
        if annotation.get("file_id") not in files:
            files.append(annotation.get("file_id"))
        known = next((span for span in written if span[0] <= at <= span[1]), None)
        if known is not None:
            spans[position] = known
            continue
        # Inside the link to a generated file a marker would break the link.
        at = next((end for start, end in paths if start < at < end), at)
        marker = f"【{number}:{files.index(annotation.get('file_id'))}†source】"
        inserted.append((at, position, marker))
    inserted.sort()
    places = [_shifted(span, inserted) for _, span in sorted(spans.items())]
    found = dict(zip(sorted(spans), places, strict=True))
    pieces, last, length = [], 0, 0
    for at, position, marker in inserted:
        found[position] = (at + length, at + length + len(marker))
        pieces += [text[last:at], marker]
        last, length = at, length + len(marker)
    return "".join([*pieces, text[last:]]), [found[each] for each in range(len(annotations))]


def _path_span(annotation: Mapping[str, Any]) -> Span:
    return int(annotation.get("start_index") or 0), int(annotation.get("end_index") or 0)


def _shifted(span: Span, inserted: Sequence[tuple[int, int, str]]) -> Span:
    """Returns where a span of the old text is in the new one."""
    start = span[0] + sum(len(marker) for at, _, marker in inserted if at <= span[0])
    end = span[1] + sum(len(marker) for at, _, marker in inserted if at < span[1])
    return start, max(start, end)
