"""Files in the table. Ids sort by time, so a tenant's list is one query and a look-up one read.

A file that is being removed is marked `deleting`: readers do not see it while its object and its
file at the provider are deleted, and a retry finds the mark and continues.
"""

from collections.abc import Collection
from typing import Any

from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.assistants import KEPT_SECONDS
from understudy.adapters.dynamodb.owners import Owner, owners_of, owning
from understudy.adapters.dynamodb.paging import Span, readings
from understudy.adapters.dynamodb.table import Item, Table, Write
from understudy.domain.files import File
from understudy.domain.lists import Page, PageRequest
from understudy.domain.threads import DAY
from understudy.errors import WriteRefusedError

REFUSED_KEPT_SECONDS = 30 * DAY
"""How long the record of a refused file, with its reason, is kept."""

MAX_PASSED_OVER = 2000
"""Files that one page of dropped files reads at most."""

EXISTS = "attribute_exists(pk) AND attribute_not_exists(deleting)"


class Files:
    """The files of all tenants, by our file ids."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, tenant: str, file_id: str) -> File | None:
        item = self._table.get(keys.file(tenant, file_id))
        return _read(item) if item and not item.get("deleting") else None

    def get_many(self, tenant: str, file_ids: Collection[str]) -> dict[str, File]:
        """Returns the files that exist, by id."""
        wanted = [keys.file(tenant, file_id) for file_id in dict.fromkeys(file_ids)]
        found = self._table.get_many(wanted)
        return {item["sk"]: _read(item) for item in found if not item.get("deleting")}

    def missing(self, tenant: str, file_ids: Collection[str]) -> list[str]:
        """Returns the ids that the tenant does not have, in the order given."""
        found = self.get_many(tenant, file_ids)
        return [file_id for file_id in dict.fromkeys(file_ids) if file_id not in found]

    def put_new(self, file: File) -> bool:
        """Stores the file; False if its id is taken."""
        writes = [Write(item=self._item(file), condition="attribute_not_exists(pk)")]
        if file.provider_id:
            writes.append(self._owning(file, file.provider_id))
        try:
            self._table.transact(writes)
        except WriteRefusedError:
            return False
        return True

    def change(self, file: File, **attributes: Any) -> File | None:
        """Sets attributes; returns None if the file is missing."""
        return self._change(file, attributes, [])

    def page(self, tenant: str, request: PageRequest, *, purpose: str | None = None) -> Page[File]:
        span = Span.of(request)
        items = self._table.query(
            keys.files_of(tenant),
            prefix="file-",
            after=span.low,
            before=span.high,
            newest_first=span.newest_first,
            limit=None if purpose else request.limit + 1,
        )
        shown = (
            item
            for item in items
            if not item.get("deleting") and purpose in (None, item.get("purpose"))
        )
        return span.page(readings(shown, _read))

    def dropped(self, tenant: str, request: PageRequest) -> Page[File]:
        """Returns a page of the files that were dropped into the bucket.

        Uploaded files are passed over. A page that has passed over many says in `looked_up_to`
        where the next one continues.
        """
        span = Span.of(request)
        items = self._table.query(
            keys.files_of(tenant),
            prefix="file-",
            after=span.low,
            before=span.high,
            newest_first=span.newest_first,
        )
        found: list[Item] = []
        for number, item in enumerate(items, start=1):
            if item.get("drop_key") and not item.get("deleting"):
                found.append(item)
            if len(found) > request.limit:
                break
            if number == MAX_PASSED_OVER:
                page = span.page(readings(found, _read))
                more = {"has_more": True, "looked_up_to": item["sk"]}
                return page.model_copy(update=more)
        return span.page(readings(found, _read))

    def acquire_lease(self, file: File, *, by: str, until: float) -> File | None:
        """Acquires a processing lease on the file for `by`, creating the record if needed.

        Returns the stored file; None if its processing is finished or another holder's lease is
        valid. `until` is in Unix seconds.
        """
        lease = {"lease_holder": by, "lease_until": int(until)}
        try:
            self._table.write(
                Write(item=self._item(file) | lease, condition="attribute_not_exists(pk)")
            )
        except WriteRefusedError:
            pass  # The record exists; its processing may be unfinished.
        else:
            return file
        again = Write(
            key=keys.file(file.tenant, file.id),
            assign=lease,
            condition=f"{EXISTS} AND attribute_exists(lease_until) "
            "AND (lease_holder = :by OR lease_until <= :now)",
            values={":by": by, ":now": int(self._table.now())},
        )
        try:
            return _read(self._table.write(again))
        except WriteRefusedError:
            return None

    def finish(self, file: File, **attributes: Any) -> File | None:
        """Sets attributes and ends the lease; returns None if the file is missing."""
        return self._change(file, attributes, ["lease_holder", "lease_until"])

    def release_lease(self, file: File) -> None:
        """Releases the lease so that another worker can start at once."""
        free = Write(
            key=keys.file(file.tenant, file.id),
            assign={"lease_until": 0},
            condition=f"{EXISTS} AND attribute_exists(lease_until)",
        )
        try:
            self._table.write(free)
        except WriteRefusedError:
            return

    def mark_deleting(self, tenant: str, file_id: str, *, last_use: bool = False) -> File | None:
        """Hides a file that is about to be removed; with `last_use` only if it has one use left.

        Returns None if it is missing or, with `last_use`, used elsewhere.
        """
        write = Write(
            key=keys.file(tenant, file_id),
            assign={"deleting": True},
            condition="attribute_exists(pk)"
            + (" AND (attribute_exists(deleting) OR uses <= :one)" if last_use else ""),
            values={":one": 1} if last_use else {},
        )
        try:
            return _read(self._table.write(write))
        except WriteRefusedError:
            return None

    def remove(self, file: File) -> None:
        """Deletes the record. Call it after everything that the record points to is deleted."""
        gone = [keys.file(file.tenant, file.id)]
        if file.provider_id:
            gone.append(keys.owner(file.provider_id))
        self._table.delete_many(gone)

    def owners(self, provider_ids: Collection[str]) -> dict[str, Owner]:
        """Returns the known owners of the provider's files and vector stores, by its ids."""
        return owners_of(self._table, provider_ids)

    def _change(self, file: File, attributes: dict[str, Any], remove: list[str]) -> File | None:
        empty = [name for name, value in attributes.items() if value is None]
        assign = {name: value for name, value in attributes.items() if value is not None}
        if attributes.get("status") == "error":
            assign["expires_at"] = int(self._table.now()) + REFUSED_KEPT_SECONDS
        key = keys.file(file.tenant, file.id)
        changed = Write(key=key, assign=assign, remove=[*empty, *remove], condition=EXISTS)
        named = attributes.get("provider_id")
        if named:  # First, so that the sweep never sees the file without an owner.
            self._table.write(self._owning(file, named))
        try:
            return _read(self._table.write(changed))
        except WriteRefusedError:
            return None

    def _owning(self, file: File, provider_id: str) -> Write:
        kept = int(self._table.now()) + KEPT_SECONDS
        return owning(provider_id, file.tenant, file.id, kept)

    def _item(self, file: File) -> Item:
        fields = file.model_dump(exclude_none=True, exclude={"id"})
        kept = REFUSED_KEPT_SECONDS if file.status == "error" else KEPT_SECONDS
        end = file.ends_at or int(self._table.now()) + kept
        return {**keys.file(file.tenant, file.id), **fields, "expires_at": end}


def _read(item: Item) -> File:
    return File.model_validate({**item, "id": item["sk"]})
