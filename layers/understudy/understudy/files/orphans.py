"""What lies at the provider and belongs to nobody: what a crash between two steps leaves behind."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

from understudy.domain.base import Record
from understudy.domain.stored import ProviderFile
from understudy.files.remove import delete_file
from understudy.ports import Ports

GRACE_SECONDS = 3600
"""Younger ones may be on their way to their record."""

BATCH = 100
DAYS_OF_MONTH = 30
USD_PER_GIB_DAY = 0.10
"""What the provider takes for a vector store (beyond the first GiB); files cost nothing."""

T = TypeVar("T")


class Orphans(Record):
    """What was found, and what it costs a month. `expired` are files of ours that nobody uses."""

    files: int = 0
    file_bytes: int = 0
    vector_stores: int = 0
    vector_store_bytes: int = 0
    monthly_usd: float = 0.0
    expired: int = 0
    removed: bool = False


def find_orphans(ports: Ports, *, remove: bool, expire: bool = False) -> Orphans:
    """Looks through the whole account, and removes what it finds only if told to.

    `expire` removes no orphans, only files of ours whose time is over.

    The account must be this deployment's alone: files of another program look like orphans.
    """
    limit = ports.now() - GRACE_SECONDS
    files = sizes = stores = store_bytes = overdue = 0
    for file in _unowned_files(ports, limit):
        files, sizes = files + 1, sizes + file.bytes
        if remove:
            ports.provider_files.delete(file.id)
    for tenant, file_id in list(_overdue_files(ports)):
        overdue += 1
        if remove or expire:
            delete_file(ports, tenant, file_id)
    for batch in _batches(ports.provider_vector_stores.all()):
        owners = ports.files.owners([store["id"] for store in batch])
        for store in batch:
            if store["id"] in owners or store["created_at"] > limit:
                continue
            stores, store_bytes = stores + 1, store_bytes + int(store.get("usage_bytes") or 0)
            if remove:
                ports.provider_vector_stores.delete(store["id"])
    return Orphans(
        files=files,
        file_bytes=sizes,
        vector_stores=stores,
        vector_store_bytes=store_bytes,
        monthly_usd=round(store_bytes / 1024**3 * USD_PER_GIB_DAY * DAYS_OF_MONTH, 4),
        expired=overdue,
        removed=remove,
    )


def _unowned_files(ports: Ports, limit: float) -> Iterator[ProviderFile]:
    for batch in _batches(ports.provider_files.all()):
        owners = ports.files.owners([file.id for file in batch])
        yield from (file for file in batch if file.id not in owners and file.created_at <= limit)


def _overdue_files(ports: Ports) -> Iterator[tuple[str, str]]:
    for batch in _batches(ports.provider_files.all()):
        for tenant, file_id in ports.files.owners([file.id for file in batch]).values():
            file = ports.files.get(tenant, file_id)
            end = file.shown_end if file is not None else None
            if end is not None and end <= ports.now():
                yield tenant, file_id


def _batches(found: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(found)
    while batch := list(islice(rest, BATCH)):
        yield batch
