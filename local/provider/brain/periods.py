"""Quarters, months and years: what "last quarter" means, and what came before it."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

Unit = Literal["month", "quarter", "year"]

_MONTHS = tuple(calendar.month_name)[1:]
_MONTHS_IN: dict[Unit, int] = {"month": 1, "quarter": 3, "year": 12}
_ISO_DATE = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
_QUARTER = re.compile(r"\bQ([1-4])(?:\s+(?:of\s+)?(\d{4}))?\b", re.IGNORECASE)
_MONTH = re.compile(rf"\b({'|'.join(_MONTHS)})\s+(\d{{4}})\b")
_YEAR = re.compile(r"\b(?:in|for|of|during)\s+(\d{4})\b")
_RELATIVE = re.compile(
    r"\b(last|previous|past|prior|this|current)\s+(month|quarter|year)\b", re.IGNORECASE
)
_NEIGHBOUR = re.compile(
    r"\b(month|quarter|year|one)\s+(before|earlier|after)\b"
    r"|\b(previous|next|following)\s+(month|quarter|year|one)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Period:
    """A calendar month, quarter or year, from its first day."""

    unit: Unit
    start: date

    @property
    def end(self) -> date:
        """The first day after it."""
        return _shift(self.start, _MONTHS_IN[self.unit])

    @property
    def label(self) -> str:
        """`Q3 2026`, `September 2026` or `2026`."""
        if self.unit == "quarter":
            return f"Q{(self.start.month + 2) // 3} {self.start.year}"
        if self.unit == "month":
            return f"{_MONTHS[self.start.month - 1]} {self.start.year}"
        return str(self.start.year)

    @property
    def span(self) -> str:
        """`1 July to 30 September 2026`."""
        last = self.end - timedelta(days=1)
        return (
            f"{self.start.day} {_MONTHS[self.start.month - 1]} to "
            f"{last.day} {_MONTHS[last.month - 1]} {last.year}"
        )

    def moved(self, steps: int) -> Period:
        """The period so many units later (earlier when negative)."""
        return Period(self.unit, _shift(self.start, steps * _MONTHS_IN[self.unit]))


def containing(unit: Unit, day: date) -> Period:
    """The month, quarter or year that a day is in."""
    months = _MONTHS_IN[unit]
    first = (day.month - 1) // months * months + 1
    return Period(unit, date(day.year, first, 1))


def needs_reference(question: str) -> bool:
    """Whether a question names its period only relative to today."""
    match = _QUARTER.search(question)
    return bool(_RELATIVE.search(question)) or bool(match and match.group(2) is None)


def parse_period(question: str, newest: date | None, today: date | None = None) -> Period | None:
    """The period that a question asks about.

    "Last quarter" is the one before today's if today is known. Otherwise it is the last one that
    the data covers whole: `newest`, the newest date in the data, is at its end or after it.
    """
    if (match := _RELATIVE.search(question)) is not None:
        return _relative(match, newest, today)
    if (match := _QUARTER.search(question)) is not None:
        reference = today or newest
        year = int(match.group(2)) if match.group(2) else reference.year if reference else None
        if year is None:
            return None
        period = Period("quarter", date(year, int(match.group(1)) * 3 - 2, 1))
        if not match.group(2) and reference and period.start > reference:
            return period.moved(-4)
        return period
    if (match := _MONTH.search(question)) is not None:
        return Period("month", date(int(match.group(2)), _MONTHS.index(match.group(1)) + 1, 1))
    if (match := _YEAR.search(question)) is not None:
        return Period("year", date(int(match.group(1)), 1, 1))
    return None


def neighbour(question: str, answered: Period | None) -> Period | None:
    """The period before or after the one that was answered, when the question asks for it."""
    match = _NEIGHBOUR.search(question)
    if match is None or answered is None:
        return None
    unit = (match.group(1) or match.group(4)).lower()
    if unit in ("month", "year") and unit != answered.unit:
        answered = containing("month" if unit == "month" else "year", answered.start)
    forward = (match.group(2) or match.group(3)).lower() in {"after", "next", "following"}
    return answered.moved(1 if forward else -1)


def asks_neighbour(question: str) -> bool:
    """Whether a question means the period before or after another."""
    return _NEIGHBOUR.search(question) is not None


def dates_in(text: str) -> list[date]:
    """All ISO dates in a text that are real days."""
    found = []
    for year, month, day in _ISO_DATE.findall(text):
        try:
            found.append(date(int(year), int(month), int(day)))
        except ValueError:
            continue
    return found


def today_in(guidance: str) -> date | None:
    """The date that the instructions call today, if they do."""
    match = re.search(r"\b(?:today|current date|date today)\b[^\n]{0,40}", guidance, re.IGNORECASE)
    days = dates_in(match.group()) if match else []
    return days[0] if days else None


def _relative(match: re.Match[str], newest: date | None, today: date | None) -> Period | None:
    unit: Unit = match.group(2).lower()  # type: ignore[assignment]
    reference = today or newest
    if reference is None:
        return None
    current = containing(unit, reference)
    if match.group(1).lower() in {"this", "current"}:
        return current
    if today is None and reference >= current.end - timedelta(days=3):
        return current
    return current.moved(-1)


def _shift(first: date, months: int) -> date:
    total = first.year * 12 + first.month - 1 + months
    return date(total // 12, total % 12 + 1, 1)
