"""Runs: statuses, and the run object during and after the run."""

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
def test_run_object_changes_when_the_run_ends(status: RunStatus) -> None:
    """`expires_at` becomes null, `usage` is set, and one of three times shows the end."""
    fields = {"status": status, "ended_at": 9, "usage": [usage()]}

    shown = run_object(run().model_copy(update=fields))

    assert (shown["expires_at"] is None) is (status in FINAL)
    assert (shown["usage"] is None) is (status not in FINAL)
    for name in ("cancelled", "failed", "completed"):
        assert shown[f"{name}_at"] == (9 if status == name else None)


def test_run_that_ended_without_a_response_has_zero_usage() -> None:
    """As in OpenAI's Assistants API for a run that failed at once."""
    shown = run_object(run().model_copy(update={"status": RunStatus.FAILED, "ended_at": 9}))

    counts = ("prompt_tokens", "completion_tokens", "total_tokens")
    assert [shown["usage"][name] for name in counts] == [0, 0, 0]


@pytest.mark.parametrize("status", list(RunStatus))
def test_poll_interval_grows_with_the_age(status: RunStatus) -> None:
    """A client should poll an ended or waiting run without delay."""
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
def test_choice_of_a_declared_tool_is_accepted(choice: object) -> None:
    """Also of a tool type that OpenAI's Assistants API did not have."""
    tools = [{"type": "function", "function": {"name": "f"}}, {"type": "web_search"}]
    body = parse(NewRun, {"assistant_id": "a", "tools": tools, "tool_choice": choice})

    check_tool_choice(body.tool_choice, body.tools or [])


@pytest.mark.parametrize(
    "choice",
    [{"type": "function", "function": {"name": "g"}}, {"type": "file_search"}],
)
def test_choice_of_an_undeclared_tool_is_rejected(choice: object) -> None:
    """Before a run is created, which would fail."""
    tools = [{"type": "function", "function": {"name": "f"}}]
    body = parse(NewRun, {"assistant_id": "a", "tools": tools, "tool_choice": choice})

    with pytest.raises(InvalidRequestError, match="not found in 'tools'"):
        check_tool_choice(body.tool_choice, body.tools or [])
