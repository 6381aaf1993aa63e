"""Tokens and money: sums, groups, and their form in the API."""

from understudy.domain.usage import (
    RoundUsage,
    UsageRow,
    UsageTotals,
    day_of,
    run_cost,
    run_totals,
)
from understudy.domain.usage_groups import by_cost, grouped


def turn(**fields: object) -> RoundUsage:
    known: dict[str, object] = {"response_id": "resp_1", "model": "gpt-6-luna"}
    return RoundUsage.model_validate(known | fields)


def row(day: str = "2027-01-15", **fields: object) -> UsageRow:
    totals = UsageTotals(runs=1, prompt_tokens=10, nano_usd=5)
    known = {"day": day, "assistant_id": "asst_1", "model": "gpt-6-luna", "totals": totals}
    return UsageRow.model_validate(known | fields)


def test_cost_of_run_is_the_sum_of_its_rounds() -> None:
    """Sums of small amounts are exact, because they are in billionths of a dollar."""
    turns = [turn(cost_usd=0.1), turn(cost_usd=0.2), turn(cost_usd=0.000_000_01)]

    assert run_cost(turns) == 0.300_000_01


def test_round_of_unknown_cost_makes_the_cost_of_the_run_unknown() -> None:
    """The run counts as one of unknown cost and adds no money."""
    turns = [turn(cost_usd=0.1, input_tokens=7), turn(cost_usd=None)]

    assert run_cost(turns) is None
    assert run_totals(turns) == UsageTotals(runs=1, prompt_tokens=7, unknown_cost_runs=1)


def test_run_without_rounds_costs_zero() -> None:
    """The cost is known: zero."""
    assert run_cost([]) == 0
    assert run_totals([]) == UsageTotals(runs=1)


def test_container_is_charged_once_per_run() -> None:
    """A second round in the same container opens no new session."""
    first = turn(containers=("cntr_1",), code_interpreter_sessions=1)
    second = turn(containers=("cntr_1", "cntr_2"), code_interpreter_sessions=2)

    assert second.after([first]).code_interpreter_sessions == 1
    assert second.after([]).code_interpreter_sessions == 2


def test_days_are_utc() -> None:
    """A second before midnight UTC belongs to the day before, in every time zone."""
    assert day_of(1_800_057_599) == "2027-01-15"
    assert day_of(1_800_057_600) == "2027-01-16"


def test_rows_are_summed_by_group() -> None:
    """Runs without a user are a group of their own."""
    rows = [
        row(user_id="u2"),
        row(day="2027-01-16", user_id="u1", model="gpt-4o"),
        row(user_id="u1"),
        row(user_id=None),
    ]

    by_user = grouped(rows, "user")
    assert list(by_user) == [None, "u1", "u2"]
    assert by_user["u1"].runs == 2
    assert by_user["u1"].nano_usd == 10
    assert list(grouped(rows, "day")) == ["2027-01-15", "2027-01-16"]
    assert list(grouped(rows, "model")) == ["gpt-4o", "gpt-6-luna"]
    assert grouped(rows, "assistant")["asst_1"].prompt_tokens == 40


def test_most_expensive_group_is_first() -> None:
    """Groups of equal cost stay in the order of their names."""
    rows = [row(user_id="a"), row(user_id="b"), row(user_id="c"), row(user_id="c")]

    assert list(by_cost(grouped(rows, "user"))) == ["c", "a", "b"]
