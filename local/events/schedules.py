"""Schedules: run by hand in tests, by the clock in the background."""

import json
import threading
import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from local.aws.clock import Alarm, Clock
from local.events.declared import Schedule
from local.events.schedule_expressions import next_run


class UnknownScheduleError(LookupError):
    """No schedule of the template has this name."""


class Schedules:
    """All schedules of a deployment; each invokes its function asynchronously."""

    def __init__(
        self,
        schedules: Iterable[Schedule],
        submit: Callable[[str, bytes], object],
        clock: Clock,
        region: str,
        account: str,
    ) -> None:
        self._schedules = {schedule.name: schedule for schedule in schedules}
        self._submit = submit
        self._clock = clock
        self._region = region
        self._account = account
        self._alarms: dict[str, Alarm] = {}
        self._lock = threading.Lock()
        self._closed = False
        for schedule in self._schedules.values():
            next_run(schedule.expression, datetime.now(UTC), ZoneInfo(schedule.timezone))

    @property
    def names(self) -> tuple[str, ...]:
        """The logical ids of the schedules."""
        return tuple(self._schedules)

    def tick(self, name: str) -> None:
        """Runs one schedule now, by its logical id. Raises UnknownScheduleError."""
        if name not in self._schedules:
            raise UnknownScheduleError(f"no schedule {name}; there are {sorted(self._schedules)}")
        schedule = self._schedules[name]
        self._submit(schedule.function, self._payload(schedule).encode())

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
        schedule, now = self._schedules[name], datetime.now(UTC)
        due = next_run(schedule.expression, now, ZoneInfo(schedule.timezone))

        def ring() -> None:
            self.tick(name)
            self._set_alarm(name)

        with self._lock:
            if not self._closed:
                self._alarms[name] = self._clock.alarm((due - now).total_seconds(), ring)

    def _payload(self, schedule: Schedule) -> str:
        if schedule.input is not None:
            return schedule.input
        is_rule = schedule.source == "aws.events"
        kind = "rule" if is_rule else "schedule/default"
        arn = f"arn:aws:{schedule.source[4:]}:{self._region}:{self._account}:{kind}/{schedule.name}"
        return json.dumps(
            {
                "version": "0",
                "id": str(uuid.uuid4()),
                "detail-type": "Scheduled Event",
                "source": schedule.source,
                "account": self._account,
                "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "region": self._region,
                "resources": [arn],
                "detail": {} if is_rule else "{}",
            }
        )
