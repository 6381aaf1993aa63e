"""The responses at the provider that tenants created with forwarded requests."""

from typing import Final

from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.owners import owning
from understudy.adapters.dynamodb.table import Table
from understudy.domain.threads import DAY

KEPT_SECONDS: Final = 30 * DAY
"""The provider deletes responses after thirty days."""


class OwnedResponses:
    """Who may read, continue or delete a response. Responses of runs belong to no tenant here."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, tenant: str, response_id: str) -> None:
        """Records a response as the tenant's."""
        expires_at = int(self._table.now()) + KEPT_SECONDS
        self._table.write(owning(response_id, tenant, response_id, expires_at))

    def belongs(self, tenant: str, response_id: str) -> bool:
        """Returns whether the tenant created the response."""
        item = self._table.get(keys.owner(response_id))
        return item is not None and (item["tenant"], item["own_id"]) == (tenant, response_id)
