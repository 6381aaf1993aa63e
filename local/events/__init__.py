"""Event sources of local AWS: S3 events, streams, rules, schedules and asynchronous invocations."""

from local.events.declared import UnsupportedSourceError
from local.events.outstanding import NotQuietError
from local.events.sources import EventSources

__all__ = ["EventSources", "NotQuietError", "UnsupportedSourceError"]
