"""DynamoDB streams: gives the changes of tables to the mappings that read them."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from local.events.declared import StreamMapping
from local.events.stream_batches import Record
from local.events.stream_reader import StreamReader


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
