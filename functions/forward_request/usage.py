"""Reads what a forwarded request used from the provider's response, while it is passed on."""

import json
from collections.abc import Iterator
from typing import Any

from understudy.domain.base import Json
from understudy.domain.usage import RoundUsage

MAX_LINE = 16 * 1024 * 1024
"""Bytes of a line, or of a JSON body, that are searched for the usage."""

FREE = ("/moderations",)


class UsageReader:
    """Finds the usage in a body of JSON or of server-sent events.

    `model` is the one that was asked for; it counts where the response names none.
    """

    def __init__(self, path: str, model: str) -> None:
        self._path = path
        self._model = model
        self.found: RoundUsage | None = None
        self.response_id: str | None = None

    def events(self, body: Iterator[bytes], *, hide_usage: bool) -> Iterator[bytes]:
        """Yields the lines of an event stream; `hide_usage` leaves out a completion's last chunk.

        That chunk has the usage and no choices; it comes only to clients that asked for it.
        """
        hidden = False
        for line in _lines(body):
            chunk = self._event(line) if line.startswith(b"data:") and b'"usage"' in line else None
            is_usage = chunk is not None and chunk.get("choices") == [] and chunk.get("usage")
            if hide_usage and is_usage:
                hidden = True
                continue
            if hidden and not line.strip():  # the empty line that ends the hidden event
                hidden = False
                continue
            yield line

    def whole(self, body: bytes) -> bytes:
        """Returns a body that is not streamed, after reading it."""
        if len(body) <= MAX_LINE:
            self._read(_object(body))
        return body

    def _event(self, line: bytes) -> Json | None:
        chunk = _object(line.removeprefix(b"data:"))
        if chunk is None:
            return None
        inner = chunk.get("response")
        self._read(inner if isinstance(inner, dict) else chunk)
        return chunk

    def _read(self, answer: Json | None) -> None:
        if answer is None:
            return
        if self._path == "/responses" and isinstance(answer.get("id"), str):
            self.response_id = answer["id"]
        used = answer.get("usage")
        if isinstance(used, dict):
            self.found = _usage(answer, used, self._model)
        elif self._path in FREE:
            self.found = RoundUsage(response_id="", model=self._model, cost_usd=0.0)


def _usage(answer: Json, used: Json, model: str) -> RoundUsage:
    """Returns the usage, which chat completions and responses name differently."""
    details_in = used.get("prompt_tokens_details") or used.get("input_tokens_details") or {}
    details_out = used.get("completion_tokens_details") or used.get("output_tokens_details") or {}
    output = answer.get("output")
    kinds = [each.get("type") for each in output] if isinstance(output, list) else []
    return RoundUsage(
        response_id=str(answer.get("id") or ""),
        model=str(answer.get("model") or model),
        input_tokens=_number(used, "prompt_tokens", "input_tokens"),
        cached_tokens=_number(details_in, "cached_tokens"),
        output_tokens=_number(used, "completion_tokens", "output_tokens"),
        reasoning_tokens=_number(details_out, "reasoning_tokens"),
        service_tier=answer.get("service_tier"),
        code_interpreter_sessions=int("code_interpreter_call" in kinds),
        web_searches=kinds.count("web_search_call"),
    )


def _number(values: Json, *names: str) -> int:
    return next((values[name] for name in names if isinstance(values.get(name), int)), 0)


def _object(text: bytes) -> Json | None:
    try:
        value: Any = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _lines(body: Iterator[bytes]) -> Iterator[bytes]:
    """Yields whole lines with their ends; a line above MAX_LINE in pieces."""
    kept = b""
    for piece in body:
        kept += piece
        *lines, kept = kept.splitlines(keepends=True) or [b""]
        if kept.endswith(b"\n") or len(kept) > MAX_LINE:
            lines, kept = [*lines, kept], b""
        yield from lines
    if kept:
        yield kept
