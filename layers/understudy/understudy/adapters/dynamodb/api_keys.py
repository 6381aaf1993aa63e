"""API keys in the table, by hash."""

from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.assistants import KEPT_SECONDS
from understudy.adapters.dynamodb.table import Table, Write
from understudy.domain.api_keys import ApiKey


class DynamoApiKeys:
    """Fits the port ApiKeys."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, digest: str) -> ApiKey | None:
        item = self._table.get(keys.api_key(digest))
        return ApiKey.model_validate(item) if item and not item.get("revoked") else None

    def put(self, key: ApiKey) -> None:
        expires_at = int(self._table.now()) + KEPT_SECONDS
        stored = {**keys.api_key(key.digest), **key.model_dump(), "expires_at": expires_at}
        self._table.write(Write(item=stored))
