"""Owners of the provider's files and vector stores, which are all in one account."""

from collections.abc import Collection

from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.table import Table, Write

Owner = tuple[str, str]
"""A tenant, and our id of a file or vector store at the provider."""


def owning(provider_id: str, tenant: str, own_id: str, expires_at: int) -> Write:
    """Returns the write that records an owner. The provider never uses an id twice."""
    item = {**keys.owner(provider_id), "tenant": tenant, "own_id": own_id, "expires_at": expires_at}
    return Write(item=item)


def owners_of(table: Table, provider_ids: Collection[str]) -> dict[str, Owner]:
    """Returns the known owners, by the provider's ids."""
    wanted = [keys.owner(provider_id) for provider_id in dict.fromkeys(provider_ids)]
    return {
        item["pk"].partition("#")[2]: (item["tenant"], item["own_id"])
        for item in table.get_many(wanted)
    }
