"""DynamoDB streams: hands the changes of tables to the mappings that read them."""

import itertools
from collections import deque
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from local.events.declared import StreamMapping
from local.events.stream_batches import Record
from local.events.stream_reader import StreamReader

_KEPT_RECORDS = 10_000


class Streams:
    """Hands the changes of tables to the mappings that read them, and remembers the last ones."""

    def __init__(self, readers: Iterable[tuple[StreamMapping, StreamReader]]) -> None:
        self._readers = list(readers)
        self._kept: deque[tuple[str, Record]] = deque(maxlen=_KEPT_RECORDS)

    def report(self, table: str, record: Record) -> None:
        """Takes one record as moto makes it and offers it to every mapping of the table."""
        self._kept.append((table, record))
        for mapping, reader in self._readers:
            if mapping.table == table:
                reader.offer(lambda_record(record, mapping.stream_arn))

    def replay(self, table: str, start: str, end: str) -> int:
        """Delivers the records from one sequence number to another once more.

        That is what a redrive of a DDBStreamBatchInfo message does. Gives their number.
        """
        kept = [
            record
            for name, record in self._kept
            if name == table and int(start) <= int(record["dynamodb"]["SequenceNumber"]) <= int(end)
        ]
        for record, (mapping, reader) in itertools.product(kept, self._readers):
            if mapping.table == table:
                reader.offer(lambda_record(record, mapping.stream_arn))
        return len(kept)

    def hold(self) -> None:
        """Keeps records back, so that a test knows its batches; `drain` waits for them too."""
        for _, reader in self._readers:
            reader.hold(True)

    def release(self) -> None:
        """Delivers what was held, in batches as large as the mappings allow."""
        for _, reader in self._readers:
            reader.hold(False)

    def close(self) -> None:
        """Stops all readers."""
        for _, reader in self._readers:
            reader.close()


def lambda_record(record: Record, stream_arn: str) -> Record:
    """A stream record as Lambda's event carries it: JSON only, with the stream's ARN."""
    change: dict[str, Any] = dict(record["dynamodb"])
    created = change["ApproximateCreationDateTime"]
    if isinstance(created, datetime):
        aware = created if created.tzinfo else created.replace(tzinfo=UTC)
        change["ApproximateCreationDateTime"] = int(aware.timestamp())
    region = stream_arn.split(":")[3]
    return record | {
        "eventVersion": "1.1",
        "awsRegion": region,
        "dynamodb": change,
        "eventSourceARN": stream_arn,
    }
