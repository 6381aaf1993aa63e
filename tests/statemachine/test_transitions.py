"""The events of the longest execution that the definition allows; Step Functions takes 25,000.

Counted from the definition itself, with every retry of every step used up, for a run of the
longest deadline, the most rounds and the most calls that there may be.
"""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from understudy.domain.deadlines import MAX_DEADLINE
from understudy.domain.delays import client_delay, next_delay
from understudy.domain.rounds import MAX_CALLS_OF_RUN
from understudy.runs.model_requests import MAX_REFUSALS
from understudy.settings import Settings

ASL = Path(__file__).resolve().parents[2] / "statemachine" / "run_lifecycle.asl.yaml"
LIMIT = 25_000
MAX_ROUNDS = 50
SLEEPS = {"Wait", "AwaitClient"}
ASKS = {"CreateRun", "SubmitToolOutputs"}

ONE_CHECK = ["Wait", "CheckStatus", "Branch"]
ONE_CHECK_FOR_THE_CLIENT = ["AwaitClient", "SubmitToolOutputs", "Branch"]
ONE_ROUND = ["ExecuteTools", "SubmitToolOutputs", "CheckStatus", "Branch"]


@pytest.fixture(scope="module")
def states() -> dict[str, Any]:
    """Returns the states of the definition, without those inside the Map."""
    found: dict[str, Any] = yaml.safe_load(ASL.read_text())["States"]
    return found


def next_of(state: dict[str, Any]) -> set[str]:
    """Returns the possible next states of a state."""
    found = {state.get("Next"), state.get("Default")}
    found |= {way["Next"] for way in [*state.get("Choices", []), *state.get("Catch", [])]}
    return found - {None}


def events_of(state: dict[str, Any]) -> int:
    """Returns the history events of one visit of a state, with all its retries."""
    retries = 3 * sum(retry["MaxAttempts"] for retry in state.get("Retry", []))
    match state["Type"]:
        case "Task" if "waitForTaskToken" in state["Resource"]:
            return 7 + retries  # entered, scheduled, started, submitted, timed out, exited, spare
        case "Task":
            return 5 + retries  # entered, scheduled, started, succeeded, exited
        case "Map":
            return 5
        case "Choice" | "Pass" | "Succeed" | "Fail":
            return 2
    raise AssertionError(f"no number of events is known for a {state['Type']}")


def cycles(states: dict[str, Any]) -> Iterator[list[str]]:
    """Returns all paths from a state back to it that visit no other state twice."""

    def walk(way: list[str]) -> Iterator[list[str]]:
        for name in sorted(next_of(states[way[-1]])):
            if name == way[0]:
                yield way
            elif name not in way and name > way[0]:
                yield from walk([*way, name])

    for name in sorted(states):
        yield from walk([name])


def most_checks() -> int:
    """Returns how often a run can be checked with the shortest delays."""
    age, checks = 0.0, 0
    while age <= MAX_DEADLINE:
        remaining = MAX_DEADLINE - age
        age += min(
            next_delay(0, webhooks=False, age=age, remaining=remaining),
            next_delay(0, webhooks=True, age=age, remaining=remaining),
            client_delay(age=age, remaining=remaining),
        )
        checks += 1
    return checks


def test_every_loop_sleeps_or_creates_a_response(states: dict[str, Any]) -> None:
    """So the delays, the rounds and the allowed rate limits bound them all."""
    loops = list(cycles(states))

    assert loops
    for loop in loops:
        assert (SLEEPS | ASKS) & set(loop), f"nothing bounds {loop}"


@pytest.mark.parametrize("way", [ONE_CHECK, ONE_CHECK_FOR_THE_CLIENT, ONE_ROUND])
def test_counted_paths_are_in_the_definition(states: dict[str, Any], way: list[str]) -> None:
    """The bound is about the current definition."""
    for one, following in pairwise(way):
        assert following in next_of(states[one])


def test_longest_execution_stays_below_the_history_limit(states: dict[str, Any]) -> None:
    """A run of 24 hours with 50 rounds, 256 calls, every rate limit and every retry."""

    def cost(way: list[str]) -> int:
        return sum(events_of(states[name]) for name in way)

    one_call = sum(map(events_of, states["ExecuteTools"]["ItemProcessor"]["States"].values())) + 2
    check = max(cost(ONE_CHECK), cost(ONE_CHECK_FOR_THE_CLIENT))
    once = cost([name for name in states if name not in SLEEPS])
    worst = (
        most_checks() * check
        + MAX_ROUNDS * (cost(ONE_ROUND) + cost(ONE_CHECK))
        + MAX_REFUSALS * cost(["SubmitToolOutputs", "Wait", "CheckStatus", "Branch"])
        + MAX_CALLS_OF_RUN * one_call
        + once
    )

    assert worst < LIMIT, f"{worst} events"


def test_counted_limits_are_those_of_the_settings() -> None:
    """More rounds or a longer deadline cannot be configured."""
    limits = {
        name: next(rule.le for rule in field.metadata if hasattr(rule, "le"))
        for name, field in Settings.model_fields.items()
        if name in ("max_tool_rounds", "run_deadline")
    }

    assert limits == {"max_tool_rounds": MAX_ROUNDS, "run_deadline": MAX_DEADLINE}
