"""What `GET /usage` is asked and what it answers."""

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field

from understudy.domain.base import Body, Json
from understudy.domain.usage import Group, UsageRow, UsageTotals, grouped
from understudy.errors import InvalidRequestError

MAX_DAYS = 92
"""A quarter: what one request may ask for."""

MAX_ROWS = 10_000
"""Rows of the ledger that one request may read: about 3 MB."""

DEFAULT_DAYS = 30
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def _written_out(value: object) -> object:
    """pydantic would take `0` for a day in 1970."""
    if isinstance(value, str) and not DAY.fullmatch(value):
        raise ValueError("expected a day as YYYY-MM-DD")
    return value


Day = Annotated[date, BeforeValidator(_written_out)]


class UsageRequest(Body):
    """Days are UTC and both included; without them it is the last 30."""

    start: Day | None = None
    end: Day | None = None
    group_by: Group = Field(default="day")

    def days(self, today: date) -> tuple[date, date]:
        """The first and the last day. Raises InvalidRequestError for none or too many."""
        last = self.end or today
        first = self.start or last - timedelta(days=DEFAULT_DAYS - 1)
        if first > last:
            text = f"Invalid 'start': {first} is after 'end', which is {last}."
            raise InvalidRequestError(text, param="start", code="invalid_value")
        if (last - first).days >= MAX_DAYS:
            text = f"Invalid 'start': at most {MAX_DAYS} days can be asked for at once."
            raise InvalidRequestError(text, param="start", code="invalid_value")
        return first, last


def usage_report(asked: UsageRequest, first: date, last: date, rows: Iterable[UsageRow]) -> Json:
    """The report. Raises InvalidRequestError where the ledger has more rows than are read."""
    kept = list(_bounded(rows))
    sums = grouped(kept, asked.group_by)
    total = UsageTotals()
    for part in sums.values():
        total = total.plus(part)
    return {
        "object": "list",
        "start": first.isoformat(),
        "end": last.isoformat(),
        "group_by": asked.group_by,
        "data": [
            {"object": "usage", asked.group_by: value, **part.as_object()}
            for value, part in sums.items()
        ],
        "total": total.as_object(),
        "has_more": False,
    }


def _bounded(rows: Iterable[UsageRow]) -> Iterator[UsageRow]:
    for number, row in enumerate(rows):
        if number == MAX_ROWS:
            text = f"These days have more than {MAX_ROWS} entries; ask for fewer days at once."
            raise InvalidRequestError(text, param="start", code="invalid_value")
        yield row
