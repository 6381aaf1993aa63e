"""What happens outside of functions, turned into Lambda events on the embedded stack."""

from local.events.async_invoke import UnknownFunctionError
from local.events.declared import UnsupportedSourceError
from local.events.outstanding import NotQuietError
from local.events.patterns import EventPattern, InvalidPatternError
from local.events.schedule_expressions import InvalidScheduleError
from local.events.schedules import UnknownScheduleError
from local.events.sources import EventSources

__all__ = [
    "EventPattern",
    "EventSources",
    "InvalidPatternError",
    "InvalidScheduleError",
    "NotQuietError",
    "UnknownFunctionError",
    "UnknownScheduleError",
    "UnsupportedSourceError",
]
