"""The event sources of a deployment as one object."""

import functools
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

from local.aws.clock import Clock
from local.aws.deployment import Deployment
from local.aws.embedded import EmbeddedAws
from local.events import declared, moto_hooks
from local.events.async_invoke import AsyncInvoker, Invoke
from local.events.buses import EventBuses
from local.events.expiry import BackgroundExpiry, Expiry
from local.events.outstanding import Outstanding
from local.events.queues import Queues
from local.events.s3_bus_event import bus_entry
from local.events.s3_notifications import S3Notifications
from local.events.schedules import Schedules
from local.events.stream_reader import StreamReader
from local.events.streams import Streams

EXPIRY_SECONDS = 60.0
"""How often `run_in_background` looks for expired items, in seconds of the clock."""


class EventSources:
    """Turns what happens on the embedded AWS into Lambda invocations.

    Made after the deploy. `start` hooks into moto's S3, `close` lets go of it. Everything else
    comes from the embedded AWS: `connect` takes its stream records, the status events of its
    executions, PutEvents calls and asynchronous invocations.

    Raises UnsupportedSourceError, InvalidPatternError or InvalidScheduleError for a template
    whose sources cannot be served as they are written.
    """

    def __init__(
        self,
        deployment: Deployment,
        invoke: Invoke,
        endpoint_url: str,
        clock: Clock,
    ) -> None:
        region, account = _home(deployment)
        submit = self.invoke_async
        queues = Queues(endpoint_url)
        self._account = account
        self._on_bus = declared.buckets_on_event_bus(deployment)
        self._outstanding = Outstanding()
        self._async = AsyncInvoker(deployment, invoke, queues, clock, self._outstanding)
        self.s3 = S3Notifications(declared.object_triggers(deployment), submit, region, account)
        self.buses = EventBuses(declared.event_rules(deployment), submit, queues, region, account)
        self.schedules = Schedules(declared.schedules(deployment), submit, clock, region, account)
        self.expiry = Expiry(declared.expiring_tables(deployment), endpoint_url, region)
        self._background = BackgroundExpiry(self.expiry, clock, EXPIRY_SECONDS)

        def readers() -> Iterator[tuple[declared.StreamMapping, StreamReader]]:
            for mapping in declared.stream_mappings(deployment):
                function = self._async.resolve(mapping.function)
                run = functools.partial(invoke, function.name)
                reader = StreamReader(mapping, function.arn, run, queues, clock, self._outstanding)
                yield mapping, reader

        self.streams = Streams(readers())
        self._hooks = ExitStack()

    def start(self) -> None:
        """Starts to listen to S3. Raises MotoVersionError."""
        self._hooks.enter_context(moto_hooks.installed(self._on_object))

    def connect(self, aws: EmbeddedAws) -> None:
        """Takes what the embedded AWS tells its listeners."""
        aws.on_stream_record = self.on_stream
        aws.on_status_change = self.emit
        aws.on_put_events = self.put_events
        aws.invoke_async = self.invoke_async

    def run_in_background(self) -> None:
        """Runs schedules and expiry by the clock; without it both happen only when asked."""
        self.schedules.run()
        self._background.start()

    def close(self) -> None:
        """Stops everything; what is queued is dropped. Safe to call twice."""
        self._hooks.close()
        self._background.close()
        self.schedules.close()
        self.streams.close()
        self._async.close()

    def __enter__(self) -> "EventSources":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def invoke_async(self, function: str, payload: bytes) -> None:
        """Lambda's Invoke with InvocationType Event.

        `function` is a logical id, a name or an ARN. Raises UnknownFunctionError.
        """
        self._async.submit(function, payload)

    def drain(self, timeout: float) -> None:
        """Waits until nothing is queued or running, retries and their delays included.

        `timeout` is in real seconds. Raises NotQuietError. Held S3 notifications do not count.
        """
        self._outstanding.drain(timeout)

    def on_stream(self, table: str, record: dict[str, Any]) -> None:
        """Takes a stream record of the embedded DynamoDB, as soon as its write is done."""
        self.streams.report(table, self.expiry.mark(table, record))

    def emit(self, event: dict[str, Any], bus: str = "default") -> None:
        """Sends an event of an AWS service, for example an execution's status, to the rules."""
        self.buses.emit(event, bus)

    def put_events(self, entries: list[dict[str, Any]]) -> None:
        """Takes PutEvents entries (Source, DetailType, Detail, EventBusName) for the rules."""
        self.buses.put_events(entries)

    def seen(
        self, detail_type: str | None = None, source: str | None = None
    ) -> list[dict[str, Any]]:
        """The last 1,000 events of all buses, oldest first, of one kind if asked so."""
        return self.buses.seen(detail_type, source)

    def expire(self, now: float | None = None) -> int:
        """Deletes the items whose TTL lies before `now` (epoch seconds); gives their number.

        Their stream records say, as on AWS, that DynamoDB itself removed them.
        """
        return self.expiry.expire(now)

    def tick(self, name: str) -> None:
        """Runs one schedule now, by its logical id. Raises UnknownScheduleError."""
        self.schedules.tick(name)

    def _on_object(self, change: moto_hooks.ObjectChange) -> None:
        sequencer = self.s3.sequencer()
        self.s3.report(change, sequencer)
        if change.bucket in self._on_bus:
            event = bus_entry(change, sequencer, self._account)
            if event is not None:
                self.buses.emit(event)


def _home(deployment: Deployment) -> tuple[str, str]:
    """Region and account of the deployment."""
    arn = next(iter(deployment.functions.values())).arn.split(":")
    return arn[3], arn[4]
