"""The events of a streamed response, in the order and with the names of OpenAI's API."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from local.provider.checks import Json
from local.provider.scripts import StreamFault

_PIECE = re.compile(r"(?:\S+\s*){1,3}|\s+")
DELTA = ".delta"


def pieces(text: str) -> list[str]:
    """Return a text in pieces of three words; together they are the text."""
    return _PIECE.findall(text)


def output_events(output: Iterable[Json], deltas: tuple[str, ...] = ()) -> Iterator[Json]:
    """Yield the events of output items. `deltas` are the pieces of the first message's text."""
    for index, item in enumerate(output):
        at = {"item_id": item["id"], "output_index": index}
        kind = item["type"]
        started = {**item, **_EMPTY.get(kind, {})}
        if "status" in item:
            started["status"] = "in_progress"
        yield _event("output_item.added", output_index=index, item=started)
        if kind == "message":
            for part_index, part in enumerate(item["content"]):
                yield from _part_events(part, {**at, "content_index": part_index}, deltas)
                deltas = ()
        elif kind == "function_call":
            yield from _text_events("function_call_arguments", item["arguments"], at, "arguments")
        elif kind == "code_interpreter_call":
            yield _event("code_interpreter_call.in_progress", **at)
            yield from _text_events("code_interpreter_call_code", item["code"], at, "code")
            yield _event("code_interpreter_call.interpreting", **at)
            yield _event("code_interpreter_call.completed", **at)
        elif kind == "file_search_call":
            for step in ("in_progress", "searching", "completed"):
                yield _event(f"file_search_call.{step}", **at)
        yield _event("output_item.done", output_index=index, item=item)


def frame(event: Json) -> bytes:
    """Return an event as a server-sent event with its type."""
    return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()


def with_fault(frames: Iterable[tuple[int, bytes]], fault: StreamFault | None) -> Iterator[bytes]:
    """Yield numbered frames, except where the fault says.

    Raises `ConnectionResetError`, which makes the server drop the connection.
    """
    fault = fault or StreamFault()
    sent = 0
    for number, data in frames:
        if sent == fault.drop_after:
            raise ConnectionResetError("scripted")
        copies = 0 if number == fault.skip else 2 if number == fault.repeat else 1
        yield data * copies
        sent += copies


_EMPTY: dict[str, Json] = {
    "message": {"content": []},
    "function_call": {"arguments": ""},
    "code_interpreter_call": {"code": "", "outputs": None},
    "file_search_call": {"results": None},
}


def _part_events(part: Json, at: Json, deltas: tuple[str, ...]) -> Iterator[Json]:
    if part["type"] == "refusal":
        yield _event("content_part.added", **at, part={**part, "refusal": ""})
        yield from _text_events("refusal", part["refusal"], at, "refusal")
    else:
        empty = {**part, "text": "", "annotations": []}
        yield _event("content_part.added", **at, part=empty)
        split = list(deltas) if "".join(deltas) == part["text"] else pieces(part["text"])
        for piece in split:
            yield _event("output_text.delta", **at, delta=piece, logprobs=[])
        for index, annotation in enumerate(part.get("annotations") or []):
            yield _event(
                "output_text.annotation.added", **at, annotation_index=index, annotation=annotation
            )
        yield _event("output_text.done", **at, text=part["text"], logprobs=[])
    yield _event("content_part.done", **at, part=part)


def _text_events(name: str, text: str, at: Json, field: str) -> Iterator[Json]:
    for piece in pieces(text):
        yield _event(f"{name}.delta", **at, delta=piece)
    yield _event(f"{name}.done", **at, **{field: text})


def _event(name: str, **fields: Any) -> Json:
    return {"type": f"response.{name}", **fields}
