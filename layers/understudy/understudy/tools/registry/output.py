"""A tool's return value as the string that the model reads."""

import json
from typing import Any

from pydantic_core import PydanticSerializationError, to_json

from understudy.tools.registry.errors import InvalidOutputError, ToolError

MAX_OUTPUT = 60_000
"""Characters of one output; longer ones are cut and marked. About 15,000 tokens."""


def encode_output(value: Any) -> str:
    """JSON for anything that JSON can hold after all; a string stays as it is.

    Decimals, dates, UUIDs and enums become strings, bytes base64, NaN and infinities their names.
    Raises InvalidOutputError for circular structures and objects without a JSON form.
    """
    if isinstance(value, str):
        return _cut(value.encode(errors="replace").decode())
    try:
        return _cut(to_json(value, bytes_mode="base64", inf_nan_mode="strings").decode())
    except (PydanticSerializationError, ValueError, RecursionError) as error:
        message = f"The tool returned a value that is not JSON ({type(value).__name__})."
        raise InvalidOutputError(message) from error


def encode_error(error: ToolError) -> str:
    """The error as an output that a model can tell from a result."""
    return json.dumps({"error": {"code": error.code, "message": error.message}})


def _cut(text: str) -> str:
    if len(text) <= MAX_OUTPUT:
        return text
    marked = {"truncated": True, "total_characters": len(text), "beginning": text[:MAX_OUTPUT]}
    return json.dumps(marked, ensure_ascii=False)
