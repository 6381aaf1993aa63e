"""Schedules: each invokes its function asynchronously, by hand or by the clock."""

import json
import re
import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from local.aws.resources import ACCOUNT, REGION
from local.events.declared import Schedule, UnsupportedSourceError

_RATE = re.compile(r"rate\(([1-9]\d*) (minute|hour|day)s?\)")
_UNIT_SECONDS = {"minute": 60.0, "hour": 3600.0, "day": 86_400.0}


class Schedules:
    """All schedules of a deployment, by their logical ids.

    Raises UnsupportedSourceError for expressions other than rate(...).
    """

    def __init__(
        self, schedules: Iterable[Schedule], submit: Callable[[str, bytes], object]
    ) -> None:
        self._schedules = {schedule.name: schedule for schedule in schedules}
        self._submit = submit
        self.intervals = {name: interval_of(each) for name, each in self._schedules.items()}
        """The seconds between two runs."""

    def tick(self, name: str) -> None:
        """Runs one schedule now. Raises KeyError."""
        schedule = self._schedules[name]
        payload = schedule.input if schedule.input is not None else _event(schedule)
        self._submit(schedule.function, payload.encode())


def interval_of(schedule: Schedule) -> float:
    """Returns the seconds between two runs; raises UnsupportedSourceError."""
    rate = _RATE.fullmatch(schedule.expression)
    if rate is None:
        raise UnsupportedSourceError(f"{schedule.name}: {schedule.expression} is not supported")
    return int(rate[1]) * _UNIT_SECONDS[rate[2]]


def _event(schedule: Schedule) -> str:
    event = {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler",
        "account": ACCOUNT,
        "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": REGION,
        "resources": [f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/default/{schedule.name}"],
        "detail": "{}",
    }
    return json.dumps(event)
