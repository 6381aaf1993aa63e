"""Whose the provider's files and vector stores are: they all sit in one account."""

from collections.abc import Collection

from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.table import Table, Write

Owner = tuple[str, str]
"""A tenant, and our id of a file or vector store that the provider has."""


def owning(provider_id: str, tenant: str, own_id: str, expires_at: int) -> Write:
    """The write that notes an owner; what the provider names once it never names again."""
    item = {**keys.owner(provider_id), "tenant": tenant, "own_id": own_id, "expires_at": expires_at}
    return Write(item=item)


def owners_of(table: Table, provider_ids: Collection[str]) -> dict[str, Owner]:
    """The owners that are known, by the provider's ids."""
    wanted = [keys.owner(provider_id) for provider_id in dict.fromkeys(provider_ids)]
    return {
        item["pk"].partition("#")[2]: (item["tenant"], item["own_id"])
        for item in table.get_many(wanted)
    }
