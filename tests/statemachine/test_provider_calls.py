"""How many calls to the provider one run may cost in an outage, computed from the definition."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from understudy.runs.model_requests import MAX_REFUSALS

ROOT = Path(__file__).resolve().parents[2]
ASL = ROOT / "statemachine" / "run_lifecycle.asl.yaml"
PAGE = ROOT / "docs" / "operations.md"

TRIES = 4
"""Of one step at a provider that answers 5xx: the first and three retries."""

REFUSALS = MAX_REFUSALS
"""How often one run waits because a 429 told it to, before it gives the Responses API up."""

CHAT = 1
"""The chat completion, which is asked for once."""

CANCELS = 3
"""Of a response that could not be read: before the fallback, and twice as the run ends."""

DOWN = TRIES + CHAT
"""A provider that answers 5xx or not at all."""

REFUSED = REFUSALS + 1 + CHAT
"""A provider that answers 429."""

ALTERNATING = (REFUSALS + 1) * TRIES + CHAT
"""Every visit of a step uses its retries up, and the last try of each is told to wait."""

AT_WORK = TRIES + CANCELS + CHAT
"""The outage begins while the model works on a response."""

ASKING = ("CreateRun", "SubmitToolOutputs", "CheckStatus")
ERROR = "ProviderUnavailableError"
PROMISED = {DOWN, REFUSED, ALTERNATING, AT_WORK}


@pytest.fixture(scope="module")
def states() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(ASL.read_text())["States"]
    return found


def retries_of(state: dict[str, Any], error: str) -> int:
    """How often Step Functions repeats the state after this error: the first rule that names it."""
    for rule in state.get("Retry", []):
        if error in rule["ErrorEquals"] or "States.ALL" in rule["ErrorEquals"]:
            return int(rule["MaxAttempts"])
    return 0


@pytest.mark.parametrize("name", ASKING)
def test_a_step_asks_a_provider_that_is_down_so_often(states: dict[str, Any], name: str) -> None:
    """A change of the definition changes the numbers that are promised."""
    assert 1 + retries_of(states[name], ERROR) == TRIES


@pytest.mark.parametrize("name", ASKING)
@pytest.mark.parametrize("error", ["ProviderRateLimitedError", "ProviderQuotaError"])
def test_a_step_is_not_repeated_at_once_where_the_provider_refuses(
    states: dict[str, Any], name: str, error: str
) -> None:
    """Waiting is the run's, in the machine; asking again at once would only be refused again."""
    assert retries_of(states[name], error) == 0
    assert any(error in way["ErrorEquals"] for way in states[name]["Catch"])


def test_nobody_is_asked_again_after_the_fallback(states: dict[str, Any]) -> None:
    """From there the run only ends: no way leads back to a step that asks for a response."""
    direct, ending = states["AnswerDirectly"], states["CancelRun"]

    assert {way["Next"] for way in direct["Catch"]} == {"CancelRun", "EndedOutside"}
    assert direct["Next"] == "Branch"  # with completed, incomplete, failed or cancelling
    assert {ending["Next"], *(way["Next"] for way in ending["Catch"])} == {
        "Ended",
        "EndedOutside",
        "RunNotClosed",
    }


def test_the_page_states_these_numbers() -> None:
    """Whoever changes a retry changes the promise with it."""
    page = PAGE.read_text()
    part = page[page.index("**Retries are bounded.**") :].partition("\n## ")[0]

    assert {int(number) for number in re.findall(r"\*\*(\d+)\*\*", part)} == PROMISED
