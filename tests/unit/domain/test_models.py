"""Models: aliases and accepted parameters."""

import pytest
from understudy.domain.models import (
    check_model,
    is_known,
    known_models,
    resolve_model,
    sampling_options,
    takes_effort,
)
from understudy.errors import InvalidRequestError

ALIASES = {"gpt-4*": "gpt-6-luna", "gpt-4o-mini*": "gpt-6-nano", "house": "gpt-6.1-sol"}


@pytest.mark.parametrize(
    ("name", "answering"),
    [
        ("gpt-4-turbo", "gpt-6-luna"),
        ("gpt-4o-mini-2024-07-18", "gpt-6-nano"),
        ("house", "gpt-6.1-sol"),
        ("gpt-5", "gpt-5"),
    ],
)
def test_closest_alias_is_used(name: str, answering: str) -> None:
    """An exact name before a pattern, a longer pattern before a shorter one."""
    assert resolve_model(name, ALIASES) == answering


@pytest.mark.parametrize("model", ["gpt-5", "gpt-6-luna", "o3", "o4-mini"])
def test_reasoning_model_gets_no_sampling_parameters(model: str) -> None:
    """It would reject them with a 400."""
    options = sampling_options(model, temperature=0.2, top_p=0.5, reasoning_effort="low")

    assert options == {"reasoning": {"effort": "low"}}


@pytest.mark.parametrize("model", ["gpt-4.1", "gpt-5-chat-latest"])
def test_chat_model_gets_sampling_parameters_unless_default(model: str) -> None:
    """1.0 is left out, and so is a reasoning effort."""
    options = sampling_options(model, temperature=0.2, top_p=1.0, reasoning_effort="low")

    assert options == {"temperature": 0.2}


def test_effort_none_allows_sampling_parameters() -> None:
    """Of gpt-5.2 and gpt-5.4 only."""
    for effort, taken in (("none", True), ("low", False)):
        options = sampling_options("gpt-5.2", temperature=0.2, top_p=None, reasoning_effort=effort)
        assert ("temperature" in options) is taken
        assert options["reasoning"] == {"effort": effort}


@pytest.mark.parametrize(
    ("model", "effort", "taken"),
    [
        ("gpt-5", "minimal", True),
        ("gpt-5-mini", "none", False),
        ("gpt-5.6-terra", "minimal", False),
        ("gpt-6-luna", "max", True),
        ("gpt-5.1", "xhigh", False),
        ("o3", "minimal", False),
        ("gpt-4.1", "low", False),
    ],
)
def test_unsupported_effort_is_left_out(model: str, effort: str, taken: bool) -> None:
    """The model would reject it."""
    assert takes_effort(model, effort) is taken
    options = sampling_options(model, temperature=None, top_p=None, reasoning_effort=effort)
    assert ("reasoning" in options) is taken


def test_known_models_have_no_patterns() -> None:
    """A pattern is not the name of a model."""
    assert known_models(["gpt-5"], ALIASES) == ["gpt-5", "house"]
    assert is_known("gpt-4-turbo", ["gpt-6-luna"], ALIASES)
    assert not is_known("gpt-4-turbo", ["gpt-5"], {})


@pytest.mark.parametrize(
    "name",
    ["gpt-6-luna", "gpt-6-luna-2026-11-01", "gpt-4-turbo", "house", "ft:gpt-4.1-mini:shop::a1"],
)
def test_model_with_a_price_or_an_alias_passes(name: str) -> None:
    """So does a snapshot, and a fine-tuned model, which no table can list."""
    check_model(name, ["gpt-6-luna"], ALIASES)


@pytest.mark.parametrize("name", ["gpt-9", "gpt-6-luna-mini", "", "GPT-6-LUNA", "gpt-6-luna-2026"])
def test_model_without_price_and_alias_is_rejected(name: str) -> None:
    """With OpenAI's text, followed by what the operator can do."""
    with pytest.raises(InvalidRequestError) as raised:
        check_model(name, ["gpt-6-luna"], ALIASES)

    assert str(raised.value).startswith(f"The requested model '{name}' does not exist.")
    assert (raised.value.param, raised.value.code) == ("model", "model_not_found")
