"""Token usage of a response, counted from its real input and output."""

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Iterable

from local.provider.checks import Json
from local.provider.responses.request import CreateRequest
from local.provider.tokens import count_item, count_items, count_tokens

_CACHEABLE_TOKENS = 1024
_CACHE_STEP = 128
_KNOWN_PREFIXES = 20_000
_EFFORT_TOKENS = {
    "none": 0,
    "minimal": 8,
    "low": 16,
    "medium": 48,
    "high": 128,
    "xhigh": 256,
    "max": 512,
}
_WRITES_CACHE = ("gpt-5.6", "gpt-6")


def reasoning_tokens(request: CreateRequest, input_tokens: int) -> int:
    """Tokens spent on thinking: by effort, and a little more for a longer input."""
    if not request.model.reasoning:
        return 0
    effort = (request.body.get("reasoning") or {}).get("effort") or "medium"
    base = _EFFORT_TOKENS[effort]
    return base + min(base, input_tokens // 50)


def input_tokens(request: CreateRequest, history: Iterable[Json]) -> int:
    """Tokens of all that the model reads: instructions, tools and the whole history."""
    return _preamble_tokens(request) + count_items(history)


class PromptCache:
    """Remembers prompts by their beginnings, to say how many tokens of a new one were cached."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tokens_of_prefix: OrderedDict[bytes, int] = OrderedDict()

    def lookup(self, request: CreateRequest, history: list[Json]) -> int:
        """Cached tokens of this prompt (0, or at least 1,024 in steps of 128); remembers it."""
        preamble = json.dumps([request.model.id, request.body.get("instructions"), request.tools])
        digest = hashlib.blake2b(preamble.encode(), digest_size=16)
        spent = _preamble_tokens(request)
        prefixes = [(digest.digest(), spent)]
        for item in history:
            known = {key: value for key, value in item.items() if key not in {"id", "status"}}
            digest.update(json.dumps(known, sort_keys=True).encode())
            spent += count_item(item)
            prefixes.append((digest.digest(), spent))
        with self._lock:
            cached = max(
                (tokens for key, tokens in prefixes if key in self._tokens_of_prefix), default=0
            )
            for key, tokens in prefixes:
                self._tokens_of_prefix[key] = tokens
                self._tokens_of_prefix.move_to_end(key)
            while len(self._tokens_of_prefix) > _KNOWN_PREFIXES:
                self._tokens_of_prefix.popitem(last=False)
        return cached // _CACHE_STEP * _CACHE_STEP if cached >= _CACHEABLE_TOKENS else 0

    def clear(self) -> None:
        """Forget all prompts."""
        with self._lock:
            self._tokens_of_prefix.clear()


def usage(request: CreateRequest, read: int, cached: int, output: int, thought: int) -> Json:
    """The usage object. `output` leaves out `thought`, the tokens of reasoning."""
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


def _preamble_tokens(request: CreateRequest) -> int:
    instructions = request.body.get("instructions") or ""
    tools = json.dumps(request.tools) if request.tools else ""
    return count_tokens(instructions) + count_tokens(tools)
