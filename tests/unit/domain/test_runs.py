"""Runs: statuses, and how a run is shown while it works and after."""

import pytest
from understudy.domain.new_runs import NewRun, check_tool_choice
from understudy.domain.runs import RunStatus, poll_after_ms
from understudy.errors import InvalidRequestError
from understudy.http.objects.runs import run_object
from understudy.http.validation import parse

from tests.fakes.provider import usage
from tests.unit.domain.test_model_input import run

FINAL = {"cancelled", "failed", "completed", "incomplete", "expired"}


@pytest.mark.parametrize("status", list(RunStatus))
def test_a_run_shows_when_it_ended_and_until_when_it_may_work(status: RunStatus) -> None:
    """`expires_at` goes, usage comes, and one of three times is set by the way it ended."""
    fields = {"status": status, "ended_at": 9, "usage": [usage()]}

    shown = run_object(run().model_copy(update=fields))

    assert (shown["expires_at"] is None) is (status in FINAL)
    assert (shown["usage"] is None) is (status not in FINAL)
    for name in ("cancelled", "failed", "completed"):
        assert shown[f"{name}_at"] == (9 if status == name else None)


def test_a_run_that_ended_unasked_has_used_nothing() -> None:
    """Zeros, as the original showed for a run that failed at once."""
    shown = run_object(run().model_copy(update={"status": RunStatus.FAILED, "ended_at": 9}))

    counts = ("prompt_tokens", "completion_tokens", "total_tokens")
    assert [shown["usage"][name] for name in counts] == [0, 0, 0]


@pytest.mark.parametrize("status", list(RunStatus))
def test_the_wait_between_polls_grows_with_the_age(status: RunStatus) -> None:
    """A run that is over or waits for its client is asked for without delay."""
    waits = [poll_after_ms(status, age) for age in (0, 1, 10, 100, 10_000)]

    assert waits == sorted(waits)
    assert 100 <= waits[0] <= 250
    assert waits[-1] <= 5000
    if status in FINAL or status is RunStatus.REQUIRES_ACTION:
        assert waits[-1] == 100


@pytest.mark.parametrize(
    "choice",
    [
        "auto",
        None,
        {"type": "function", "function": {"name": "f"}},
        {"type": "web_search"},
    ],
)
def test_a_choice_among_the_tools_is_taken(choice: object) -> None:
    """Also of a tool type that the original did not have."""
    tools = [{"type": "function", "function": {"name": "f"}}, {"type": "web_search"}]
    body = parse(NewRun, {"assistant_id": "a", "tools": tools, "tool_choice": choice})

    check_tool_choice(body.tool_choice, body.tools or [])


@pytest.mark.parametrize(
    "choice",
    [{"type": "function", "function": {"name": "g"}}, {"type": "file_search"}],
)
def test_a_choice_of_something_else_is_refused(choice: object) -> None:
    """Before there is a run that would fail for it."""
    tools = [{"type": "function", "function": {"name": "f"}}]
    body = parse(NewRun, {"assistant_id": "a", "tools": tools, "tool_choice": choice})

    with pytest.raises(InvalidRequestError, match="not found in 'tools'"):
        check_tool_choice(body.tool_choice, body.tools or [])
