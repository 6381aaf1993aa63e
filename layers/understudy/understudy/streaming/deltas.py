"""Deltas: what is new in a step since a position.

Each function yields a delta with the position at its end. A delta holds everything that is new in
one part, so a stored text is one delta and a text that is being written is one per piece.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from understudy.domain.base import Json
from understudy.domain.run_steps import RunStep, hosted_call_id
from understudy.domain.tools import ToolCall
from understudy.streaming.cursor import Cursor

HEAD, INPUT, OUTPUT = 0, 1, 2
"""Kinds of a tool call's deltas: the call without its contents, then its input, then its output."""

INSERTED = re.compile(r"【\d+:\d+†source】")
"""The marker that `domain/citations.py` inserts; the text that the provider streams has none."""

Delta = tuple[Json, Cursor]


def message_deltas(step: RunStep, start: Cursor, after: Cursor) -> Iterator[Delta]:
    """Yields the deltas of a message step, part by part: texts, refusals, images."""
    content = step.message.content if step.message else []
    for index, part in enumerate(content):
        at = replace(start, part=index)
        kind = part.get("type")
        if kind == "text":
            for new, end in _text(part["text"], at, after):
                yield {"content": [{"index": index, "type": "text", "text": new}]}, end
        elif kind == "refusal":
            refusal, sent = str(part.get("refusal") or ""), after.sent(at)
            if sent < len(refusal):
                body = {"index": index, "type": "refusal", "refusal": refusal[sent:]}
                yield {"content": [body]}, replace(at, offset=len(refusal))
        elif after.sent(at) == 0:
            yield {"content": [{"index": index, **part}]}, replace(at, offset=1)


def _text(text: Json, at: Cursor, after: Cursor) -> Iterator[Delta]:
    """Yields the deltas of a text: each citation is one of its own, where the text has it.

    A position counts the annotations (`kind`) and the characters without inserted markers
    (`offset`). A citation that the provider sends late is sent late: what was sent stays as it is.
    """
    value, annotations = str(text["value"]), text.get("annotations") or []
    written, places = _without_markers(value, annotations)
    done, sent = after.within(at)
    is_first = (done, sent) == (0, 0)
    for number in range(done, len(annotations)):
        before = written[sent : places[number]]
        if before:
            sent = places[number]
            yield _piece(before, is_first), replace(at, kind=number, offset=sent)
            is_first = False
        cited = annotations[number]
        new: Json = {"annotations": [_cited(number, cited)]}
        if _is_inserted(cited):
            new = {"value": cited["text"], **new}
        yield new, replace(at, kind=number + 1, offset=sent)
        is_first = False
    if sent < len(written):
        end = replace(at, kind=len(annotations), offset=len(written))
        yield _piece(written[sent:], is_first), end


def _piece(value: str, is_first: bool) -> Json:
    """Returns a delta of a text; only the first one has annotations, as OpenAI's had."""
    return {"value": value, "annotations": []} if is_first else {"value": value}


def _cited(number: int, annotation: Json) -> Json:
    if annotation["type"] != "file_citation":
        return {"index": number, **annotation}
    return {
        "index": number,
        **annotation,
        "file_citation": {**annotation["file_citation"], "quote": ""},
    }


def _is_inserted(annotation: Json) -> bool:
    is_citation = annotation["type"] == "file_citation"
    return is_citation and INSERTED.fullmatch(annotation["text"]) is not None


def _without_markers(value: str, annotations: Sequence[Json]) -> tuple[str, list[int]]:
    """Returns the text without inserted markers, and where in it each annotation is due."""
    markers = sorted(
        (each["start_index"], each["end_index"]) for each in annotations if _is_inserted(each)
    )
    kept, last = [], 0
    for start, end in markers:
        kept.append(value[last:start])
        last = end
    places = []
    for each in annotations:
        place = each["start_index"] if _is_inserted(each) else each["end_index"]
        places.append(place - sum(end - start for start, end in markers if start < place))
    return "".join([*kept, value[last:]]), places


def hosted_deltas(step: RunStep, start: Cursor, after: Cursor) -> Iterator[Delta]:
    """Yields the deltas of calls that the provider executed: code interpreter, file search."""
    for index, hosted in enumerate(step.hosted_calls):
        call = {**hosted, "id": hosted_call_id(str(hosted["id"]))}
        at = replace(start, part=index)
        if call["type"] != "code_interpreter":
            if after.sent(at) == 0:
                search = {**call["file_search"], "results": []}
                yield {"index": index, **call, "file_search": search}, replace(at, offset=1)
            continue
        details = call["code_interpreter"]
        head = {"index": index, "id": call["id"], "type": "code_interpreter"}
        if after.sent(at) == 0:
            empty = {"input": "", "outputs": []}
            yield head | {"code_interpreter": empty}, replace(at, offset=1)
        code, written = str(details.get("input") or ""), replace(at, kind=INPUT)
        sent = after.sent(written)
        plain = {"index": index, "type": "code_interpreter"}
        if sent < len(code):
            new = {"code_interpreter": {"input": code[sent:]}}
            yield plain | new, replace(written, offset=len(code))
        outputs, shown = details.get("outputs") or [], replace(at, kind=OUTPUT)
        for number in range(after.sent(shown), len(outputs)):
            output = {"index": number, **outputs[number]}
            yield (
                plain | {"code_interpreter": {"outputs": [output]}},
                replace(shown, offset=number + 1),
            )


def call_deltas(calls: Sequence[ToolCall], start: Cursor, after: Cursor) -> Iterator[Delta]:
    """Yields the deltas of function calls: name first, then the arguments as they arrive."""
    for index, call in enumerate(calls):
        at = replace(start, part=index)
        if after.sent(at) == 0:
            empty = {"name": call.name, "arguments": "", "output": None}
            head = {"index": index, "id": call.call_id, "type": "function", "function": empty}
            yield head, replace(at, offset=1)
        written = replace(at, kind=INPUT)
        sent = after.sent(written)
        if sent < len(call.arguments):
            new = {"arguments": call.arguments[sent:]}
            yield (
                {"index": index, "type": "function", "function": new},
                replace(written, offset=len(call.arguments)),
            )
