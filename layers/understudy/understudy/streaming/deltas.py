"""Deltas: what is new in a step since a position.

Each function yields a delta with the position at its end. A delta holds everything that is new in
one part, so a stored text is one delta and a text that is being written is one per piece.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from understudy.domain.base import Json
from understudy.domain.run_steps import RunStep
from understudy.domain.tools import ToolCall
from understudy.streaming.cursor import Cursor

TEXT, ANNOTATIONS = 0, 1
HEAD, INPUT, OUTPUT = 0, 1, 2
"""Kinds of a tool call's deltas: the call without its contents, then its input, then its output."""

Delta = tuple[Json, Cursor]


def message_deltas(step: RunStep, start: Cursor, after: Cursor) -> Iterator[Delta]:
    """Yields the deltas of a message step, part by part: text, annotations, images, refusals."""
    content = step.message.content if step.message else []
    for index, part in enumerate(content):
        at = replace(start, part=index)
        kind = part.get("type")
        if kind == "text":
            yield from _text(index, part["text"], at, after)
        elif kind == "refusal":
            refusal, sent = str(part.get("refusal") or ""), after.sent(at)
            if sent < len(refusal):
                body = {"index": index, "type": "refusal", "refusal": refusal[sent:]}
                yield {"content": [body]}, replace(at, offset=len(refusal))
        elif after.sent(at) == 0:
            yield {"content": [{"index": index, **part}]}, replace(at, offset=1)


def _text(index: int, text: Json, at: Cursor, after: Cursor) -> Iterator[Delta]:
    value, annotations = str(text["value"]), text.get("annotations") or []
    sent = after.sent(at)
    if sent < len(value):
        new: Json = {"value": value[sent:]}
        if sent == 0:
            new["annotations"] = []
        body = {"index": index, "type": "text", "text": new}
        yield {"content": [body]}, replace(at, offset=len(value))
    listed = replace(at, kind=ANNOTATIONS)
    for number in range(after.sent(listed), len(annotations)):
        shown = {"index": number, **annotations[number]}
        body = {"index": index, "type": "text", "text": {"annotations": [shown]}}
        yield {"content": [body]}, replace(listed, offset=number + 1)


def hosted_deltas(step: RunStep, start: Cursor, after: Cursor) -> Iterator[Delta]:
    """Yields the deltas of calls that the provider executed: code interpreter, file search."""
    for index, call in enumerate(step.hosted_calls):
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
