"""The event sources of a deployment as one object."""

import functools
import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.aws.clock import Clock
from local.aws.deployment import Deployment
from local.aws.functions import FunctionTable
from local.aws.local_aws import LocalAws
from local.events import declared
from local.events.async_invoke import AsyncInvoker, Invoke
from local.events.buses import EventBuses
from local.events.expiry import Expiry
from local.events.outstanding import Outstanding
from local.events.queues import Queues
from local.events.s3_notifications import S3Notifications
from local.events.schedules import Schedules
from local.events.streams import StreamReader, Streams

_EXPIRY_SECONDS = 60.0

_logger = logging.getLogger(__name__)


class EventSources:
    """Turns what happens on local AWS into Lambda invocations.

    Made after the deployment. `connect` subscribes to the stream records of local AWS, to status
    events of executions, PutEvents calls, writes to S3 and asynchronous invocations.

    Raises UnsupportedSourceError for a template with event sources that are not supported locally.
    """

    def __init__(
        self, deployment: Deployment, invoke: Invoke, endpoint_url: str, clock: Clock
    ) -> None:
        queues = Queues(endpoint_url)
        self._clock = clock
        self._closed = False
        table = FunctionTable(deployment.functions.values())
        self._outstanding = Outstanding()
        self._async = AsyncInvoker(table, invoke, queues, clock, self._outstanding)
        submit = self._async.submit
        self.s3 = S3Notifications(declared.object_triggers(deployment), submit)
        self.buses = EventBuses(declared.event_rules(deployment), submit)
        self.schedules = Schedules(declared.schedules(deployment), submit)
        self.expiry = Expiry(declared.expiring_tables(deployment), endpoint_url)

        def readers() -> Iterator[tuple[declared.StreamMapping, StreamReader]]:
            for mapping in declared.stream_mappings(deployment):
                function = table.find(mapping.function)
                run = functools.partial(invoke, function.name)
                reader = StreamReader(mapping, function.arn, run, queues, clock, self._outstanding)
                yield mapping, reader

        self.streams = Streams(readers())
        # The parts' methods that tests use most.
        self.invoke_async = submit
        self.emit, self.seen = self.buses.emit, self.buses.seen
        self.expire, self.tick = self.expiry.expire, self.schedules.tick
        self.drain = self._outstanding.drain

    def connect(self, aws: LocalAws) -> None:
        """Subscribes to local AWS."""
        aws.on_stream_record = self.on_stream
        aws.on_status_change = self.buses.emit
        aws.on_put_events = self.buses.put_events
        aws.invoke_async = self.invoke_async
        aws.listen(self.s3.on_call)

    def run_in_background(self) -> None:
        """Runs schedules and expiry by the clock; otherwise tests run them."""
        for name, seconds in self.schedules.intervals.items():
            self._repeat(seconds, functools.partial(self.tick, name))
        self._repeat(_EXPIRY_SECONDS, self.expire)

    def _repeat(self, seconds: float, action: Callable[[], object]) -> None:
        """Does something every so many seconds of the clock, until `close`."""

        def run() -> None:
            if self._closed:
                return
            try:
                action()
            except (BotoCoreError, ClientError):
                _logger.exception("%s failed", action)
            self._repeat(seconds, action)

        # The clock's own thread must not wait for the action.
        self._clock.alarm(seconds, threading.Thread(target=run, daemon=True).start)

    def close(self) -> None:
        """Stops everything and drops what is queued. Can be called twice."""
        self._closed = True
        self.streams.close()
        self._async.close()

    def __enter__(self) -> "EventSources":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def on_stream(self, table: str, record: dict[str, Any]) -> None:
        """Handles a stream record of local DynamoDB right after its write."""
        self.streams.report(table, self.expiry.mark(table, record))
