"""The query parameters of `GET /usage`, and the limits of one report."""

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field

from understudy.domain.base import Body
from understudy.domain.usage import UsageRow
from understudy.domain.usage_groups import Group, Order
from understudy.errors import InvalidRequestError

MAX_DAYS = 92
"""The most days, about a quarter, of one request."""

MAX_ROWS = 20_000
"""Rows of the ledger that one request may read: about 5 MB without the entries of runs."""

MAX_GROUPS = 1000
"""Rows of one report."""

DEFAULT_DAYS = 30
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def _is_written_out(value: object) -> object:
    """Raises ValueError for `0`, which pydantic would read as a day in 1970."""
    if isinstance(value, str) and not DAY.fullmatch(value):
        raise ValueError("expected a day as YYYY-MM-DD")
    return value


Day = Annotated[date, BeforeValidator(_is_written_out)]


class UsageRequest(Body):
    """Days are UTC and both included; the default is the last 30 days."""

    start: Day | None = Field(default=None, description="The first day (UTC).")
    end: Day | None = Field(default=None, description="The last day (UTC).")
    group_by: Group = Field(
        default="day",
        description="What one row of the report stands for; `metadata.KEY` is the value that runs "
        "have under KEY in their metadata.",
    )
    sort: Order = Field(default="name", description="`cost`: the most expensive first.")
    limit: int = Field(
        default=MAX_GROUPS, ge=1, le=MAX_GROUPS, description="The maximum number of rows."
    )

    def days(self, today: date) -> tuple[date, date]:
        """Returns the first and the last day. Raises InvalidRequestError for none or too many."""
        last = self.end or today
        first = self.start or last - timedelta(days=DEFAULT_DAYS - 1)
        if first > last:
            text = f"Invalid 'start': {first} is after 'end', which is {last}."
            raise InvalidRequestError(text, param="start", code="invalid_value")
        if (last - first).days >= MAX_DAYS:
            text = f"Invalid 'start': at most {MAX_DAYS} days can be requested at once."
            raise InvalidRequestError(text, param="start", code="invalid_value")
        return first, last


def bounded(rows: Iterable[UsageRow]) -> Iterator[UsageRow]:
    """Yields the rows. Raises InvalidRequestError if there are more than a report may read."""
    for number, row in enumerate(rows):
        if number == MAX_ROWS:
            text = f"These days have more than {MAX_ROWS} entries; request fewer days at once."
            raise InvalidRequestError(text, param="start", code="invalid_value")
        yield row
