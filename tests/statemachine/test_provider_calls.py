"""The number of requests to the provider that a run may send in an outage, by the definition."""

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
"""Every visit of a step uses up its retries, and its last attempt gets a 429."""

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
    """Returns how often Step Functions retries the state after this error."""
    for rule in state.get("Retry", []):
        if error in rule["ErrorEquals"] or "States.ALL" in rule["ErrorEquals"]:
            return int(rule["MaxAttempts"])
    return 0


@pytest.mark.parametrize("name", ASKING)
def test_retries_of_each_step_while_the_provider_is_down(states: dict[str, Any], name: str) -> None:
    """The documentation states these numbers."""
    assert 1 + retries_of(states[name], ERROR) == TRIES


@pytest.mark.parametrize("name", ASKING)
@pytest.mark.parametrize("error", ["ProviderRateLimitedError", "ProviderQuotaError"])
def test_rate_limited_step_is_not_retried_at_once(
    states: dict[str, Any], name: str, error: str
) -> None:
    """The execution waits instead; an immediate retry would be rejected again."""
    assert retries_of(states[name], error) == 0
    assert any(error in way["ErrorEquals"] for way in states[name]["Catch"])


def test_no_response_is_requested_after_the_fallback(states: dict[str, Any]) -> None:
    """No path leads from there to a step that creates a response."""
    direct, ending = states["AnswerDirectly"], states["CancelRun"]

    assert {way["Next"] for way in direct["Catch"]} == {"CancelRun", "EndedOutside"}
    assert direct["Next"] == "Branch"  # with completed, incomplete, failed or cancelling
    assert {ending["Next"], *(way["Next"] for way in ending["Catch"])} == {
        "Ended",
        "EndedOutside",
        "RunNotClosed",
    }


def test_documentation_states_these_numbers() -> None:
    """A change of a retry has to change the documentation."""
    page = PAGE.read_text()
    part = page[page.index("**Retries are bounded.**") :].partition("\n## ")[0]

    assert {int(number) for number in re.findall(r"\*\*(\d+)\*\*", part)} == PROMISED
