"""Vector stores and uploads in the table: their owners and their ids at the provider."""

import json
from collections.abc import Collection

from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.assistants import KEPT_SECONDS
from understudy.adapters.dynamodb.owners import owning
from understudy.adapters.dynamodb.paging import page_of
from understudy.adapters.dynamodb.table import Item, Table, Write
from understudy.domain.lists import Page, PageRequest
from understudy.domain.threads import DAY
from understudy.domain.uploads import Upload
from understudy.domain.vector_stores import VectorStore
from understudy.errors import WriteRefusedError


class VectorStores:
    """The vector stores of all tenants, by our ids."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, tenant: str, store_id: str) -> VectorStore | None:
        item = self._table.get(keys.store(tenant, store_id))
        return _read(item) if item else None

    def missing(self, tenant: str, store_ids: Collection[str]) -> list[str]:
        """Returns the ids that the tenant does not have, in the order given."""
        wanted = list(dict.fromkeys(store_ids))
        found = self._table.get_many([keys.store(tenant, store_id) for store_id in wanted])
        known = {item["sk"] for item in found}
        return [store_id for store_id in wanted if store_id not in known]

    def put(self, store: VectorStore) -> None:
        fields = store.model_dump(exclude_none=True, exclude={"id", "creation_request"})
        if store.creation_request is not None:
            fields["creation_request"] = json.dumps(store.creation_request)
        item: Item = {**keys.store(store.tenant, store.id), **fields, "expires_at": self._kept()}
        writes = [Write(item=item)]
        if store.provider_id:
            writes.append(owning(store.provider_id, store.tenant, store.id, self._kept()))
        if store.thread_id:
            key = keys.use(store.tenant, store.thread_id, store.id)
            writes.append(Write(item={**key, "expires_at": self._kept()}))
        self._table.transact(writes)

    def set_provider_id(self, store: VectorStore, provider_id: str) -> bool:
        """Records the provider's id; False if a concurrent call has recorded another one."""
        named = Write(
            key=keys.store(store.tenant, store.id),
            assign={"provider_id": provider_id},
            remove=("creation_request",),
            condition="attribute_exists(pk) AND attribute_not_exists(provider_id)",
        )
        try:
            self._table.transact([named, owning(provider_id, store.tenant, store.id, self._kept())])
        except WriteRefusedError:
            return False
        return True

    def delete(self, store: VectorStore) -> None:
        gone = [keys.store(store.tenant, store.id)]
        if store.provider_id:
            gone.append(keys.owner(store.provider_id))
        if store.thread_id:
            gone.append(keys.use(store.tenant, store.thread_id, store.id))
        self._table.delete_many(gone)

    def of_thread(self, tenant: str, thread_id: str) -> list[VectorStore]:
        """Returns the vector stores that were created for the thread and are removed with it."""
        noted = self._table.query(keys.uses_of(tenant, thread_id), prefix="vs_")
        found = self._table.get_many([keys.store(tenant, item["sk"]) for item in noted])
        return [_read(item) for item in found]

    def page(self, tenant: str, request: PageRequest) -> Page[VectorStore]:
        return page_of(self._table, keys.stores_of(tenant), "", request, _read)

    def _kept(self) -> int:
        return int(self._table.now()) + KEPT_SECONDS


class Uploads:
    """The uploads in parts of all tenants, by our ids.

    The provider drops an upload after an hour, this table after a day.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, tenant: str, upload_id: str) -> Upload | None:
        item = self._table.get(keys.upload(tenant, upload_id))
        return Upload.model_validate({**item, "id": item["sk"]}) if item else None

    def put(self, upload: Upload) -> None:
        fields = upload.model_dump(exclude_none=True, exclude={"id"})
        kept = int(self._table.now()) + DAY
        key = keys.upload(upload.tenant, upload.id)
        self._table.write(Write(item={**key, **fields, "expires_at": kept}))


def _read(item: Item) -> VectorStore:
    stored = item.get("creation_request")
    request = json.loads(stored) if stored else None
    return VectorStore.model_validate({**item, "id": item["sk"], "creation_request": request})
