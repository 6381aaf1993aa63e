"""Event sources of local AWS: S3 events, streams, rules, schedules and asynchronous invocations."""

from local.events.declared import UnsupportedSourceError
from local.events.outstanding import NotQuietError
from local.events.patterns import EventPattern, UnsupportedPatternError
from local.events.schedules import UnknownScheduleError
from local.events.sources import EventSources

__all__ = [
    "EventPattern",
    "EventSources",
    "NotQuietError",
    "UnknownScheduleError",
    "UnsupportedPatternError",
    "UnsupportedSourceError",
]
