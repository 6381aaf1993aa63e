"""Which model really answers, which parameters it takes, and which models the API names."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

REASONING_FAMILIES: Final = ("gpt-5", "gpt-6", "o1", "o3", "o4")
"""Models whose names begin so refuse `temperature` and `top_p` with a 400."""

CHAT_ONLY: Final = ("gpt-5-chat", "chat-latest")
"""Names that begin like a reasoning family and are none."""

MAY_NOT_REASON: Final = ("gpt-5.2", "gpt-5.4")
"""Models that take sampling parameters as long as they are told not to reason."""

EFFORTS: Final[tuple[tuple[tuple[str, ...], frozenset[str]], ...]] = (
    (("o1", "o3", "o4"), frozenset({"low", "medium", "high"})),
    (("gpt-5.1",), frozenset({"none", "low", "medium", "high"})),
    (("gpt-5.", "gpt-6"), frozenset({"none", "low", "medium", "high", "xhigh", "max"})),
    (("gpt-5",), frozenset({"minimal", "low", "medium", "high"})),
)
"""Reasoning efforts by how a model's name begins; the first line that fits counts."""


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


def takes_effort(model: str, effort: str) -> bool:
    """Whether the model takes this reasoning effort; others are refused with a 400."""
    for beginnings, efforts in EFFORTS:
        if model.startswith(beginnings):
            return effort in efforts
    return False


def sampling_options(
    model: str, *, temperature: float | None, top_p: float | None, reasoning_effort: str | None
) -> dict[str, Any]:
    """The sampling parameters that this model takes; what it would refuse is left out.

    1.0 is every model's default and is left out too.
    """
    options: dict[str, Any] = {}
    if is_reasoning(model):
        if reasoning_effort and takes_effort(model, reasoning_effort):
            options["reasoning"] = {"effort": reasoning_effort}
        if reasoning_effort != "none" or not model.startswith(MAY_NOT_REASON):
            return options
    if temperature is not None and temperature != 1.0:
        options["temperature"] = temperature
    if top_p is not None and top_p != 1.0:
        options["top_p"] = top_p
    return options


def known_models(priced: Iterable[str], aliases: Mapping[str, str]) -> list[str]:
    """The names that a caller may use: models with a price, and aliases that are whole names."""
    whole = {name for name in aliases if not name.endswith("*")}
    return sorted(whole | set(priced))


def is_known(name: str, priced: Iterable[str], aliases: Mapping[str, str]) -> bool:
    """Whether a name leads to a model of the price table, by itself or through an alias."""
    priced = set(priced)
    return name in priced or name in aliases or resolve_model(name, aliases) in priced
