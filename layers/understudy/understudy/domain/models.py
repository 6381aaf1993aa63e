"""Which model really answers, and which parameters it takes."""

from collections.abc import Mapping
from typing import Any

REASONING_FAMILIES = ("gpt-5", "gpt-6", "o1", "o3", "o4")
"""Models whose names begin so refuse `temperature` and `top_p` with a 400."""

CHAT_ONLY = ("gpt-5-chat", "chat-latest")
"""Names that begin like a reasoning family and are none."""


def resolve_model(name: str, aliases: Mapping[str, str]) -> str:
    """The model to ask for: an alias replaces a retired name, all others go through unchanged.

    An alias may end in `*`; an exact name wins over a pattern and a longer pattern over a shorter.
    """
    if name in aliases:
        return aliases[name]
    patterns = sorted((key for key in aliases if key.endswith("*")), key=len, reverse=True)
    for pattern in patterns:
        if name.startswith(pattern[:-1]):
            return aliases[pattern]
    return name


def is_reasoning(model: str) -> bool:
    """Whether the model reasons, and so takes `reasoning` and refuses sampling parameters."""
    return model.startswith(REASONING_FAMILIES) and not model.startswith(CHAT_ONLY)


def sampling_options(
    model: str, *, temperature: float | None, top_p: float | None, reasoning_effort: str | None
) -> dict[str, Any]:
    """The sampling parameters that this model takes; what it would refuse is left out.

    1.0 is every model's default and is left out too.
    """
    if is_reasoning(model):
        return {"reasoning": {"effort": reasoning_effort}} if reasoning_effort else {}
    options: dict[str, Any] = {}
    if temperature is not None and temperature != 1.0:
        options["temperature"] = temperature
    if top_p is not None and top_p != 1.0:
        options["top_p"] = top_p
    return options
