"""Rows put into words. Every number comes out of a row."""

from __future__ import annotations

from local.provider.brain.intent import Dimension, Intent
from local.provider.brain.outputs import Row, shown
from local.provider.brain.words import NUMBER_WORDS

_NUMBER_NAMES = {number: word for word, number in NUMBER_WORDS.items()}


def winners(rows: list[Row], main: Dimension, intent: Intent, when: str) -> str:
    """Who is first, by how much, and who comes next."""
    extreme = "least" if intent.least else "most"
    verb = {"units": f"sold {extreme} units", "average": f"has the {extreme} per sale"}.get(
        intent.measure, f"sold {extreme}"
    )
    if main.count > 1:
        listed = ", ".join(f"{label(row)} ({shown(_value(row))})" for row in rows[: main.count])
        return f"The {_counted(main, rows)} that sold {extreme}{when}: {listed}."
    first, others = rows[0], rows[1:]
    behind = " and ".join(f"{label(row)} with {shown(_value(row))}" for row in others[:2])
    ahead = f", {'below' if intent.least else 'ahead of'} {behind}" if behind else ""
    return f"{label(first)} is the {main.word} that {verb}{when}: {shown(_value(first))}{ahead}."


def drivers(rows: list[Row], parts: Dimension, winner: str) -> str:
    """What the winner consists of."""
    if not rows:
        return f"No {parts.word} is recorded for {winner}."
    listed = ", ".join(f"{label(row)} ({shown(_value(row))})" for row in rows)
    return f"The {_counted(parts, rows)} that drove {winner}: {listed}."


def _counted(dimension: Dimension, rows: list[Row]) -> str:
    number = min(dimension.count, len(rows))
    word = dimension.word if number == 1 else f"{dimension.word}s"
    return word if number == 1 else f"{_NUMBER_NAMES.get(number, number)} {word}"


def measure_name(intent: Intent) -> str:
    """What a total is the total of."""
    return {"units": "number of units sold", "average": "average sale"}.get(
        intent.measure, "total of sales"
    )


def label(row: Row) -> object:
    """The first column of a row: what it is about."""
    return next(iter(row.values()))


def _value(row: Row) -> object:
    return list(row.values())[-1]


def total(rows: list[Row]) -> str:
    """The one number of a query, or 0."""
    return shown(_value(rows[0])) if rows and _value(rows[0]) is not None else "0"
