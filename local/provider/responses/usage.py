"""Tokens of texts and items, and the usage of a response, counted from its input and output.

The count is deterministic and close to what a tokenizer gives for English.
"""

import json
import re
from collections.abc import Iterable

from local.provider.checks import Json
from local.provider.responses.request import CreateRequest

_PIECE = re.compile(r"[A-Za-z]+|\d{1,3}|[^\sA-Za-z\d]")
_LETTERS_PER_TOKEN = 6
_TOKENS_PER_ITEM = 4
_IMAGE_TOKENS = 85
_EFFORTS = {"none": 0, "minimal": 8, "low": 16, "medium": 48, "high": 128, "xhigh": 256, "max": 512}


def reasoning_tokens(request: CreateRequest) -> int:
    """Return the tokens that the model spends on reasoning."""
    effort = (request.body.get("reasoning") or {}).get("effort") or "medium"
    return _EFFORTS[effort] if request.model.reasoning else 0


def usage_of(request: CreateRequest, history: Iterable[Json], output: Iterable[Json]) -> Json:
    """Return the usage object; nothing is cached."""
    tools = json.dumps(request.tools) if request.tools else ""
    instructions = request.body.get("instructions") or ""
    read = _tokens(instructions) + _tokens(tools) + sum(map(_tokens_of, history))
    thought = reasoning_tokens(request)
    written = thought + sum(_tokens_of(item) for item in output if item["type"] != "reasoning")
    return {
        "input_tokens": read,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": written,
        "output_tokens_details": {"reasoning_tokens": thought},
        "total_tokens": read + written,
    }


def _tokens(text: str) -> int:
    """Return one token per six letters of a word, three digits, or other character."""
    return sum(-(-len(piece) // _LETTERS_PER_TOKEN) for piece in _PIECE.findall(text))


def _tokens_of(item: Json) -> int:
    content = item.get("content")
    if item["type"] != "message" or content is None:
        known = {key: value for key, value in item.items() if key not in {"id", "status", "type"}}
        return _TOKENS_PER_ITEM + _tokens(json.dumps(known, ensure_ascii=False))
    return _TOKENS_PER_ITEM + sum(map(_tokens_of_part, content))


def _tokens_of_part(part: Json) -> int:
    if part.get("type") == "input_image":
        return _IMAGE_TOKENS
    return _tokens(str(part.get("text") or part.get("refusal") or part.get("filename") or ""))
