"""DynamoDB streams: reads the changes of tables in order and invokes functions."""

import itertools
import logging
import threading
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from local.aws.clock import Clock
from local.aws.functions import InvokeError, Outcome
from local.events.async_invoke import is_temporary
from local.events.declared import StreamMapping
from local.events.outstanding import Outstanding
from local.events.queues import Queues
from local.events.stream_batches import BatchProcessor, BatchStoppedError, Record
from local.events.timestamps import timestamp

SHARD_ID = "shardId-00000001541626099285-f35f62ef"
"""moto's streams have one shard, with this name."""

_RETRY_SECONDS = (1.0, 60.0)
"""First and longest pause before a retry of a batch; it doubles in between."""

_logger = logging.getLogger(__name__)


class StreamReader:
    """A queue of records and a thread that processes them."""

    def __init__(
        self,
        mapping: StreamMapping,
        function_arn: str,
        invoke: Callable[[bytes], Outcome],
        queues: Queues,
        clock: Clock,
        outstanding: Outstanding,
    ) -> None:
        self._mapping = mapping
        self._invoke = invoke
        self._function_arn = function_arn
        self._queues = queues
        self._clock = clock
        self._outstanding = outstanding
        self._processor = BatchProcessor(mapping, self._run, self._pause, self._give_up)
        self._records: deque[Record] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._held = False
        self._thread = threading.Thread(target=self._read, name=f"stream-{mapping.name}")
        self._thread.daemon = True
        self._thread.start()

    def offer(self, record: Record) -> None:
        """Queues a record if it matches the mapping's filters."""
        if not self._mapping.accepts(record):
            return
        self._outstanding.begin()
        with self._changed:
            self._records.append(record)
            self._changed.notify_all()

    def hold(self, held: bool) -> None:
        """Stops or resumes taking new batches."""
        with self._changed:
            self._held = held
            self._changed.notify_all()

    def close(self) -> None:
        """Stops reading; a running function is left to its own timeout."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _read(self) -> None:
        while batch := self._next_batch():
            try:
                self._processor.process(batch)
            except BatchStoppedError:
                return
            except Exception:
                _logger.exception("a batch of %s could not be processed", self._mapping.name)
            finally:
                self._outstanding.end(len(batch))

    def _next_batch(self) -> list[Record]:
        """Waits for records; returns an empty batch when the reader is closing."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or (self._records and not self._held))
            if self._closed:
                return []
            size = min(self._mapping.batch_size, len(self._records))
            return [self._records.popleft() for _ in range(size)]

    def _run(self, payload: bytes) -> Outcome:
        """Invokes the function; repeats temporary refusals of Lambda, which are not tries."""
        for waits in itertools.count(1):
            try:
                return self._invoke(payload)
            except InvokeError as error:
                if not is_temporary(error):
                    raise
                if not self._pause(waits):
                    raise BatchStoppedError from error
        raise AssertionError("unreachable")

    def _pause(self, tries: int) -> bool:
        first, longest = _RETRY_SECONDS
        over = threading.Event()

        def resume() -> None:
            with self._changed:
                over.set()
                self._changed.notify_all()

        alarm = self._clock.alarm(min(longest, first * 2.0 ** min(tries - 1, 6)), resume)
        with self._changed:
            self._changed.wait_for(lambda: self._closed or over.is_set())
            alarm.cancel()
            return not self._closed

    def _give_up(self, batch: Sequence[Record], outcome: Outcome, tries: int) -> None:
        if self._mapping.on_failure_queue is None:
            return
        changes = [record["dynamodb"] for record in batch]
        arrivals = [
            timestamp(datetime.fromtimestamp(change["ApproximateCreationDateTime"], UTC))
            for change in (changes[0], changes[-1])
        ]
        message = {
            "requestContext": {
                "requestId": str(uuid.uuid4()),
                "functionArn": self._function_arn,
                "condition": "RetryAttemptsExhausted",
                "approximateInvokeCount": tries,
            },
            "responseContext": {
                "statusCode": 200,
                "executedVersion": "$LATEST",
                **({"functionError": outcome.error} if outcome.error else {}),
            },
            "version": "1.0",
            "timestamp": timestamp(datetime.now(UTC)),
            "DDBStreamBatchInfo": {
                "shardId": SHARD_ID,
                "startSequenceNumber": changes[0]["SequenceNumber"],
                "endSequenceNumber": changes[-1]["SequenceNumber"],
                "approximateArrivalOfFirstRecord": arrivals[0],
                "approximateArrivalOfLastRecord": arrivals[1],
                "batchSize": len(batch),
                "streamArn": self._mapping.stream_arn,
            },
        }
        self._queues.send(self._mapping.on_failure_queue, message)


class Streams:
    """The event source mappings of all tables."""

    def __init__(self, readers: Iterable[tuple[StreamMapping, StreamReader]]) -> None:
        self._readers = list(readers)

    def report(self, table: str, record: Record) -> None:
        """Gives one record, as moto makes it, to every mapping of the table."""
        for mapping, reader in self._readers:
            if mapping.table == table:
                reader.offer(lambda_record(record, mapping.stream_arn))

    def hold(self) -> None:
        """Keeps records back, so that a test controls the batches; `drain` waits for them too."""
        for _, reader in self._readers:
            reader.hold(True)

    def release(self) -> None:
        """Delivers the held records, in batches as large as the mappings allow."""
        for _, reader in self._readers:
            reader.hold(False)

    def close(self) -> None:
        """Stops all readers."""
        for _, reader in self._readers:
            reader.close()


def lambda_record(record: Record, stream_arn: str) -> Record:
    """Returns a stream record in the format of Lambda's event."""
    change: dict[str, Any] = dict(record["dynamodb"])
    created = change["ApproximateCreationDateTime"]
    if isinstance(created, datetime):
        aware = created if created.tzinfo else created.replace(tzinfo=UTC)
        change["ApproximateCreationDateTime"] = int(aware.timestamp())
    return record | {
        "eventVersion": "1.1",
        "awsRegion": stream_arn.split(":")[3],
        "dynamodb": change,
        "eventSourceARN": stream_arn,
    }
