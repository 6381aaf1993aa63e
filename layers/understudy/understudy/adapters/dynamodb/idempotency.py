"""Records of Powertools' idempotency in the table."""

from typing import Any

from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer


def idempotency_records(client: Any, table: str) -> DynamoDBPersistenceLayer:
    """Returns the records of this table. The caller sets `static_pk_value` to the partition key."""
    return DynamoDBPersistenceLayer(
        table_name=table,
        boto3_client=client,
        key_attr="pk",
        sort_key_attr="sk",
        expiry_attr="expires_at",
    )
