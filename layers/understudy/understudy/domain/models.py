"""Models: their aliases, the parameters that each accepts, and the models that the API lists."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from understudy.domain.prices import DATED
from understudy.errors import InvalidRequestError

REASONING_FAMILIES: Final = ("gpt-5", "gpt-6", "o1", "o3", "o4")
"""First characters of the names of models that reject `temperature` and `top_p` with a 400."""

CHAT_ONLY: Final = ("gpt-5-chat", "chat-latest")
"""First characters of names that look like a reasoning model's but are a chat model's."""

MAY_NOT_REASON: Final = ("gpt-5.2", "gpt-5.4")
"""Models that accept sampling parameters only with the reasoning effort `none`."""

EFFORTS: Final[tuple[tuple[tuple[str, ...], frozenset[str]], ...]] = (
    (("o1", "o3", "o4"), frozenset({"low", "medium", "high"})),
    (("gpt-5.1",), frozenset({"none", "low", "medium", "high"})),
    (("gpt-5.", "gpt-6"), frozenset({"none", "low", "medium", "high", "xhigh", "max"})),
    (("gpt-5",), frozenset({"minimal", "low", "medium", "high"})),
)
"""Accepted reasoning efforts by the first characters of a model's name; the first match counts."""


def resolve_model(name: str, aliases: Mapping[str, str]) -> str:
    """Returns the model to request: the alias of `name`, or `name` itself if it has no alias.

    An alias may end in `*`. An exact name has precedence over a pattern, a longer pattern over a
    shorter one.
    """
    if name in aliases:
        return aliases[name]
    patterns = sorted((key for key in aliases if key.endswith("*")), key=len, reverse=True)
    for pattern in patterns:
        if name.startswith(pattern[:-1]):
            return aliases[pattern]
    return name


def is_reasoning(model: str) -> bool:
    """Returns whether it is a reasoning model: these reject sampling parameters."""
    return model.startswith(REASONING_FAMILIES) and not model.startswith(CHAT_ONLY)


def takes_effort(model: str, effort: str) -> bool:
    """Returns whether the model accepts this reasoning effort; it rejects others with a 400."""
    for beginnings, efforts in EFFORTS:
        if model.startswith(beginnings):
            return effort in efforts
    return False


def sampling_options(
    model: str, *, temperature: float | None, top_p: float | None, reasoning_effort: str | None
) -> dict[str, Any]:
    """Returns the sampling parameters that this model accepts, without those that it rejects.

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
    """Returns the names that a caller may use: models with a price, and aliases without `*`."""
    whole = {name for name in aliases if not name.endswith("*")}
    return sorted(whole | set(priced))


FINE_TUNED: Final = "ft:"
"""First characters of the names of an account's own models, which no table can list."""


def check_model(name: str, priced: Iterable[str], aliases: Mapping[str, str]) -> None:
    """Raises InvalidRequestError, with OpenAI's text, for a model that the provider does not have.

    Call it only if the price table lists all models of the provider.
    """
    if not name.startswith(FINE_TUNED) and not is_known(name, priced, aliases):
        raise InvalidRequestError(
            f"The requested model '{name}' does not exist. The operator of this deployment can add "
            "an alias to ModelAliases.",
            param="model",
            code="model_not_found",
        )


def is_known(name: str, priced: Iterable[str], aliases: Mapping[str, str]) -> bool:
    """Returns whether it has an alias or is a model of the price table or a dated snapshot of one.

    An alias is the operator's word: its target may be newer than the table.
    """
    priced, model = set(priced), resolve_model(name, aliases)
    return model != name or name in aliases or {model, DATED.sub("", model)} & priced != set()
