"""Schedules: tests run them by hand, the background runs them by the clock."""

import json
import re
import threading
import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from local.aws.clock import Alarm, Clock
from local.events.declared import Schedule, UnsupportedSourceError

_RATE = re.compile(r"rate\(([1-9]\d*) (minute|hour|day)s?\)")
_UNIT_SECONDS = {"minute": 60.0, "hour": 3600.0, "day": 86_400.0}


class UnknownScheduleError(LookupError):
    """The template has no schedule of this name."""


class Schedules:
    """All schedules of a deployment; each invokes its function asynchronously.

    Raises UnsupportedSourceError for expressions other than rate(...).
    """

    def __init__(
        self,
        schedules: Iterable[Schedule],
        submit: Callable[[str, bytes], object],
        clock: Clock,
        region: str,
        account: str,
    ) -> None:
        self._schedules = {schedule.name: schedule for schedule in schedules}
        self._intervals = {name: interval_of(each) for name, each in self._schedules.items()}
        self._submit = submit
        self._clock = clock
        self._region = region
        self._account = account
        self._alarms: dict[str, Alarm] = {}
        self._lock = threading.Lock()
        self._closed = False

    @property
    def names(self) -> tuple[str, ...]:
        """The logical ids of the schedules."""
        return tuple(self._schedules)

    def tick(self, name: str) -> None:
        """Runs one schedule now, by its logical id. Raises UnknownScheduleError."""
        if name not in self._schedules:
            raise UnknownScheduleError(f"no schedule {name}; there are {sorted(self._schedules)}")
        schedule = self._schedules[name]
        payload = schedule.input if schedule.input is not None else self._event(schedule)
        self._submit(schedule.function, payload.encode())

    def run(self) -> None:
        """Runs every schedule by the clock from now on, until `close`."""
        for name in self._schedules:
            self._set_alarm(name)

    def close(self) -> None:
        """Stops the schedules."""
        with self._lock:
            self._closed = True
            for alarm in self._alarms.values():
                alarm.cancel()

    def _set_alarm(self, name: str) -> None:
        def run() -> None:
            self.tick(name)
            self._set_alarm(name)

        with self._lock:
            if not self._closed:
                self._alarms[name] = self._clock.alarm(self._intervals[name], run)

    def _event(self, schedule: Schedule) -> str:
        home = f"{self._region}:{self._account}"
        return json.dumps(
            {
                "version": "0",
                "id": str(uuid.uuid4()),
                "detail-type": "Scheduled Event",
                "source": "aws.scheduler",
                "account": self._account,
                "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "region": self._region,
                "resources": [f"arn:aws:scheduler:{home}:schedule/default/{schedule.name}"],
                "detail": "{}",
            }
        )


def interval_of(schedule: Schedule) -> float:
    """Returns the seconds between two runs; raises UnsupportedSourceError."""
    rate = _RATE.fullmatch(schedule.expression)
    if rate is None:
        raise UnsupportedSourceError(f"{schedule.name}: {schedule.expression} is not supported")
    return int(rate[1]) * _UNIT_SECONDS[rate[2]]
