"""Tokens of texts and items, and the usage of a response, counted from its input and output.

The count is deterministic and close to what a tokenizer gives for English.
"""

import hashlib
import json
import re
import threading
from collections import OrderedDict
from collections.abc import Iterable

from local.provider.checks import Json
from local.provider.responses.request import CreateRequest

_PIECE = re.compile(r"[A-Za-z]+|\d{1,3}|[^\sA-Za-z\d]")
_LETTERS_PER_TOKEN = 6
_TOKENS_PER_ITEM = 4
_IMAGE_TOKENS = 85
_CACHEABLE_TOKENS, _CACHE_STEP = 1024, 128
_KNOWN_PREFIXES = 20_000
_EFFORTS = {"none": 0, "minimal": 8, "low": 16, "medium": 48, "high": 128, "xhigh": 256, "max": 512}
_WRITES_CACHE = ("gpt-5.6", "gpt-6")


def count_tokens(text: str) -> int:
    """Return one token per six letters of a word, three digits, or other character."""
    return sum(-(-len(piece) // _LETTERS_PER_TOKEN) for piece in _PIECE.findall(text))


def count_item(item: Json) -> int:
    """Return the tokens of one input or output item."""
    content = item.get("content")
    if item.get("type", "message") != "message" or content is None:
        known = {key: value for key, value in item.items() if key not in {"id", "status", "type"}}
        return _TOKENS_PER_ITEM + count_tokens(json.dumps(known, ensure_ascii=False))
    return _TOKENS_PER_ITEM + sum(_count_part(part) for part in content)


def count_items(items: Iterable[Json]) -> int:
    """Return the tokens of several items."""
    return sum(count_item(item) for item in items)


def truncate(text: str, tokens: int) -> str:
    """Return the longest beginning of a text that has no more than `tokens`."""
    spent = 0
    for piece in _PIECE.finditer(text):
        spent += count_tokens(piece.group())
        if spent > tokens:
            return text[: piece.start()].rstrip()
    return text


def reasoning_tokens(request: CreateRequest, input_tokens: int) -> int:
    """Return the tokens spent on reasoning: by effort, and a few more for a longer input."""
    if not request.model.reasoning:
        return 0
    base = _EFFORTS[(request.body.get("reasoning") or {}).get("effort") or "medium"]
    return base + min(base, input_tokens // 50)


def input_tokens(request: CreateRequest, history: Iterable[Json]) -> int:
    """Return the tokens that the model reads: instructions, tools and the history."""
    tools = json.dumps(request.tools) if request.tools else ""
    instructions = request.body.get("instructions") or ""
    return count_tokens(instructions) + count_tokens(tools) + count_items(history)


class PromptCache:
    """Knows prompts by their beginnings. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tokens_of_prefix: OrderedDict[bytes, int] = OrderedDict()

    def lookup(self, request: CreateRequest, history: list[Json]) -> int:
        """Return a prompt's cached tokens: 0, or at least 1,024 in steps of 128; remembers it."""
        preamble = json.dumps([request.model.id, request.body.get("instructions"), request.tools])
        digest = hashlib.blake2b(preamble.encode(), digest_size=16)
        spent = input_tokens(request, ())
        prefixes = {digest.digest(): spent}
        for item in history:
            known = {key: value for key, value in item.items() if key not in {"id", "status"}}
            digest.update(json.dumps(known, sort_keys=True).encode())
            spent += count_item(item)
            prefixes[digest.digest()] = spent
        with self._lock:
            hits = [tokens for key, tokens in prefixes.items() if key in self._tokens_of_prefix]
            cached = max(hits, default=0)
            self._tokens_of_prefix.update(prefixes)
            while len(self._tokens_of_prefix) > _KNOWN_PREFIXES:
                self._tokens_of_prefix.popitem(last=False)
        return cached // _CACHE_STEP * _CACHE_STEP if cached >= _CACHEABLE_TOKENS else 0

    def clear(self) -> None:
        """Forget all prompts."""
        with self._lock:
            self._tokens_of_prefix.clear()


def usage(request: CreateRequest, read: int, cached: int, output: int, thought: int) -> Json:
    """Return the usage object. `output` does not include `thought`, the tokens of reasoning."""
    written = 0
    if read >= _CACHEABLE_TOKENS and request.model.id.startswith(_WRITES_CACHE):
        written = (read - cached) // _CACHE_STEP * _CACHE_STEP
    return {
        "input_tokens": read,
        "input_tokens_details": {"cached_tokens": cached, "cache_write_tokens": written},
        "output_tokens": output + thought,
        "output_tokens_details": {"reasoning_tokens": thought},
        "total_tokens": read + output + thought,
    }


def _count_part(part: Json) -> int:
    if part.get("type") == "input_image":
        return _IMAGE_TOKENS
    return count_tokens(str(part.get("text") or part.get("refusal") or part.get("filename") or ""))
