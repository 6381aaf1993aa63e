"""Which model answers, and what it takes."""

import pytest
from understudy.domain.models import (
    is_known,
    known_models,
    resolve_model,
    sampling_options,
    takes_effort,
)

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
def test_the_closest_alias_counts(name: str, answering: str) -> None:
    """An exact name before a pattern, a longer pattern before a shorter, else the name itself."""
    assert resolve_model(name, ALIASES) == answering


@pytest.mark.parametrize("model", ["gpt-5", "gpt-6-luna", "o3", "o4-mini"])
def test_a_reasoning_model_gets_no_sampling_parameters(model: str) -> None:
    """It would refuse them with a 400."""
    options = sampling_options(model, temperature=0.2, top_p=0.5, reasoning_effort="low")

    assert options == {"reasoning": {"effort": "low"}}


@pytest.mark.parametrize("model", ["gpt-4.1", "gpt-5-chat-latest"])
def test_another_model_gets_them_unless_they_are_the_default(model: str) -> None:
    """1.0 is left out; an effort would be refused."""
    options = sampling_options(model, temperature=0.2, top_p=1.0, reasoning_effort="low")

    assert options == {"temperature": 0.2}


def test_a_model_that_is_told_not_to_reason_takes_them() -> None:
    """gpt-5.2 and gpt-5.4 do, with effort `none` only."""
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
def test_an_effort_that_a_model_refuses_is_known(model: str, effort: str, taken: bool) -> None:
    """It is dropped, not passed on to fail."""
    assert takes_effort(model, effort) is taken
    options = sampling_options(model, temperature=None, top_p=None, reasoning_effort=effort)
    assert ("reasoning" in options) is taken


def test_a_list_has_names_and_no_patterns() -> None:
    """A pattern is a name only together with an ending."""
    assert known_models(["gpt-5"], ALIASES) == ["gpt-5", "house"]
    assert is_known("gpt-4-turbo", ["gpt-6-luna"], ALIASES)
    assert not is_known("gpt-4-turbo", ["gpt-5"], {})
