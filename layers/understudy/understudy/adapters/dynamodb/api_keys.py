"""API keys in the table, by hash, and the list of each tenant's keys."""

import json
from collections.abc import Iterator

from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.assistants import KEPT_SECONDS
from understudy.adapters.dynamodb.table import Item, Table, Write
from understudy.domain.api_keys import ApiKey

JSON_FIELDS = {"limits", "receiver"}


class ApiKeys:
    """The callers' keys, by hash."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, digest: str) -> ApiKey | None:
        item = self._table.get(keys.api_key(digest))
        return _read(item) if item and not item.get("revoked") else None

    def put(self, key: ApiKey) -> None:
        """Stores a new or a changed key."""
        expires_at = int(self._table.now()) + KEPT_SECONDS
        stored: Item = {
            **keys.api_key(key.digest),
            **key.model_dump(exclude=JSON_FIELDS),
            "expires_at": expires_at,
        }
        for name, part in (("limits", key.limits), ("receiver", key.receiver)):
            if part is not None:
                stored[name] = part.model_dump_json(exclude_none=True)
        listed = {**keys.key_of_tenant(key.tenant, key.digest), "expires_at": expires_at}
        known = {**keys.tenant(key.tenant), "expires_at": expires_at}
        self._table.transact([Write(item=stored), Write(item=listed), Write(item=known)])

    def tenants(self) -> Iterator[str]:
        """Yields the names of all tenants that ever had a key, for operators."""
        return (str(item["sk"]) for item in self._table.query(keys.TENANTS))

    def of_tenant(self, tenant: str) -> Iterator[ApiKey]:
        """Returns all keys of a tenant, including revoked ones."""
        listed = [item["sk"] for item in self._table.query(keys.keys_of(tenant))]
        items = self._table.get_many([keys.api_key(digest) for digest in listed])
        return map(_read, items)


def _read(item: Item) -> ApiKey:
    parsed = {name: json.loads(item[name]) for name in JSON_FIELDS & item.keys()}
    return ApiKey.model_validate({**item, **parsed})
