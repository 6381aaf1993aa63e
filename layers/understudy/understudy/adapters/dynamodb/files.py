"""Files in the table. Ids sort by time, so a tenant's list is one query and a look-up one read.

A file that is about to be removed is marked `doomed`: it is gone for readers while what it points
to is being deleted, and the mark tells a second attempt to go on.
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
"""How long the record of a refused file tells why."""

THERE = "attribute_exists(pk) AND attribute_not_exists(doomed)"


class Files:
    """The files of all tenants, by ids of ours."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, tenant: str, file_id: str) -> File | None:
        item = self._table.get(keys.file(tenant, file_id))
        return _read(item) if item and not item.get("doomed") else None

    def get_many(self, tenant: str, file_ids: Collection[str]) -> dict[str, File]:
        """Those that exist, by id."""
        wanted = [keys.file(tenant, file_id) for file_id in dict.fromkeys(file_ids)]
        found = self._table.get_many(wanted)
        return {item["sk"]: _read(item) for item in found if not item.get("doomed")}

    def missing(self, tenant: str, file_ids: Collection[str]) -> list[str]:
        """Those that the tenant does not have, in the order given."""
        found = self.get_many(tenant, file_ids)
        return [file_id for file_id in dict.fromkeys(file_ids) if file_id not in found]

    def put_new(self, file: File) -> bool:
        """Stores it unless it is there; whether it was not."""
        writes = [Write(item=self._item(file), condition="attribute_not_exists(pk)")]
        if file.provider_id:
            writes.append(self._owning(file, file.provider_id))
        try:
            self._table.transact(writes)
        except WriteRefusedError:
            return False
        return True

    def change(self, file: File, **attributes: Any) -> File | None:
        """Sets attributes; None if the file is gone."""
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
            if not item.get("doomed") and purpose in (None, item.get("purpose"))
        )
        return span.page(readings(shown, _read))

    def take(self, file: File, *, by: str, until: float) -> File | None:
        """Makes `by` the one who works on the file, which is stored if it is new.

        Returns it as it is then; None if it is finished, or somebody else is at it until later.
        """
        taken = {"claimed_by": by, "claimed_until": int(until)}
        try:
            self._table.write(
                Write(item=self._item(file) | taken, condition="attribute_not_exists(pk)")
            )
        except WriteRefusedError:
            pass  # It is known already; it may still be unfinished.
        else:
            return file
        again = Write(
            key=keys.file(file.tenant, file.id),
            assign=taken,
            condition=f"{THERE} AND attribute_exists(claimed_until) "
            "AND (claimed_by = :by OR claimed_until <= :now)",
            values={":by": by, ":now": int(self._table.now())},
        )
        try:
            return _read(self._table.write(again))
        except WriteRefusedError:
            return None

    def finish(self, file: File, **attributes: Any) -> File | None:
        """Sets attributes and ends the work on it; None if the file is gone."""
        return self._change(file, attributes, ["claimed_by", "claimed_until"])

    def let_go(self, file: File) -> None:
        """Gives up the work on it, so that the next one need not wait."""
        free = Write(
            key=keys.file(file.tenant, file.id),
            assign={"claimed_until": 0},
            condition=f"{THERE} AND attribute_exists(claimed_until)",
        )
        try:
            self._table.write(free)
        except WriteRefusedError:
            return

    def doom(self, tenant: str, file_id: str, *, last_use: bool = False) -> File | None:
        """Hides a file that is about to be removed; with `last_use` only if it has one use left.

        None if it is gone or, with `last_use`, used elsewhere.
        """
        write = Write(
            key=keys.file(tenant, file_id),
            assign={"doomed": True},
            condition="attribute_exists(pk)"
            + (" AND (attribute_exists(doomed) OR uses <= :one)" if last_use else ""),
            values={":one": 1} if last_use else {},
        )
        try:
            return _read(self._table.write(write))
        except WriteRefusedError:
            return None

    def remove(self, file: File) -> None:
        """Deletes the record, once everything that it points to is gone."""
        gone = [keys.file(file.tenant, file.id)]
        if file.provider_id:
            gone.append(keys.owner(file.provider_id))
        self._table.delete_many(gone)

    def owners(self, provider_ids: Collection[str]) -> dict[str, Owner]:
        """Whose the provider's files and vector stores are; unknown ones are left out."""
        return owners_of(self._table, provider_ids)

    def _change(self, file: File, attributes: dict[str, Any], remove: list[str]) -> File | None:
        empty = [name for name, value in attributes.items() if value is None]
        assign = {name: value for name, value in attributes.items() if value is not None}
        if attributes.get("status") == "error":
            assign["expires_at"] = int(self._table.now()) + REFUSED_KEPT_SECONDS
        key = keys.file(file.tenant, file.id)
        changed = Write(key=key, assign=assign, remove=[*empty, *remove], condition=THERE)
        named = attributes.get("provider_id")
        if named:  # First, so that the sweep never takes a file that has an owner for an orphan.
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
