"""When a schedule runs: the rate and cron expressions of EventBridge.

See "Schedule types in EventBridge Scheduler". Not served: at() and the signs L, W and #.
"""

import calendar
import re
from datetime import UTC, datetime, timedelta, tzinfo

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_CRON = re.compile(r"cron\(([^)]*)\)")
_UNIT = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
_MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
_WEEKDAYS = {"SUN": 1, "MON": 2, "TUE": 3, "WED": 4, "THU": 5, "FRI": 6, "SAT": 7}
_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (1, 7), (1970, 2199))
_FURTHEST_DAYS = 366 * 8
"""A date like 29 February comes at least once in this time."""


class InvalidScheduleError(ValueError):
    """An expression that EventBridge would refuse, or that is not served here."""


def next_run(expression: str, after: datetime, timezone: tzinfo = UTC) -> datetime:
    """The first run later than `after`. A rate counts from `after`, a cron runs on full minutes.

    Raises InvalidScheduleError, also for a cron expression that never comes true again.
    """
    rate = _RATE.fullmatch(expression.strip())
    if rate and int(rate[1]) > 0:
        return after + int(rate[1]) * _UNIT[rate[2]]
    cron = _CRON.fullmatch(expression.strip())
    if cron is None:
        raise InvalidScheduleError(f"{expression} is not a rate or a cron expression")
    return _Cron(cron[1]).next_run(after.astimezone(timezone))


class _Cron:
    """minutes hours day-of-month month day-of-week year"""

    def __init__(self, text: str) -> None:
        fields = text.split()
        if len(fields) != len(_RANGES) or (fields[2] == "?") is (fields[4] == "?"):
            raise InvalidScheduleError(f"cron({text}) needs six fields, one of the days being ?")
        names: tuple[dict[str, int], ...] = ({}, {}, {}, _MONTHS, _WEEKDAYS, {})
        values = [
            _values(field, low, high, known)
            for field, (low, high), known in zip(fields, _RANGES, names, strict=True)
        ]
        self._minutes, self._hours, self._days, self._months, self._weekdays, self._years = values

    def next_run(self, after: datetime) -> datetime:
        start = after.replace(second=0, microsecond=0) + timedelta(minutes=1)
        for offset in range(_FURTHEST_DAYS):
            day = start.replace(hour=0, minute=0) + timedelta(days=offset)
            if not self._includes(day):
                continue
            for hour in sorted(self._hours):
                for minute in sorted(self._minutes):
                    moment = day.replace(hour=hour, minute=minute)
                    if moment >= start:
                        return moment
        raise InvalidScheduleError("the schedule has no next run")

    def _includes(self, day: datetime) -> bool:
        weekday = day.isoweekday() % 7 + 1
        return (
            day.day in self._days
            and day.month in self._months
            and weekday in self._weekdays
            and day.year in self._years
        )


def _values(field: str, low: int, high: int, names: dict[str, int]) -> frozenset[int]:
    """The numbers that one field stands for."""
    numbers: set[int] = set()
    for part in field.upper().split(","):
        span, slash, step = part.partition("/")
        first, dash, last = span.partition("-")
        if first in ("*", "?"):
            begin, end = low, high
        else:
            begin = _number(first, names)
            end = _number(last, names) if dash else high if slash else begin
        if not low <= begin <= end <= high:
            raise InvalidScheduleError(f"{part} is not between {low} and {high}")
        numbers.update(range(begin, end + 1, _number(step, {}) if slash else 1))
    return frozenset(numbers)


def _number(text: str, names: dict[str, int]) -> int:
    if text in names:
        return names[text]
    if not text.isdecimal():
        raise InvalidScheduleError(f"{text!r} in a cron expression is not served")
    return int(text)
