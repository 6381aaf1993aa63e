"""Finds files and vector stores at the provider that are not needed, such as after a crash."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from understudy.domain.files import File
from understudy.domain.orphans import Orphans
from understudy.domain.stored import ProviderFile
from understudy.files.remove import FileRemoval
from understudy.ports import ProviderFiles, ProviderVectorStores

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.files import Files

GRACE_SECONDS = 3600
"""A younger file may not have its record yet."""

BATCH = 100
DAYS_OF_MONTH = 30
USD_PER_GIB_DAY = 0.10
"""The provider's price of vector stores beyond the first GiB; files are free."""

T = TypeVar("T")


@dataclass(frozen=True)
class Removals:
    """What to remove: orphans and expired files, expired files alone, unused files."""

    orphans: bool = False
    expired: bool = False
    unused: bool = False


@dataclass(frozen=True)
class OrphanSearch:
    """Searches the whole account of the provider.

    The account must be this deployment's alone: files of another program look like orphans.
    """

    files: "Files"
    file_removal: FileRemoval
    provider_files: ProviderFiles
    provider_vector_stores: ProviderVectorStores
    now: Callable[[], float]

    def find(self, removals: Removals) -> Orphans:
        """Returns what was found, and removes what `removals` names."""
        limit, now = self.now() - GRACE_SECONDS, self.now()
        orphans = [file for file in self._without_owner() if file.created_at <= limit]
        for orphan in orphans if removals.orphans else []:
            self.provider_files.delete(orphan.id)
        owned = list(self._with_owner())
        expired = [file for file in owned if file.is_expired(now)]
        unused = [file for file in owned if file.is_unused(now) and not file.is_expired(now)]
        for file in expired if removals.orphans or removals.expired else []:
            self.file_removal.delete(file.tenant, file.id)
        for file in unused if removals.unused else []:
            self.file_removal.delete(file.tenant, file.id)
        stores, store_bytes = self._vector_stores(limit, remove=removals.orphans)
        return Orphans(
            files=len(orphans),
            file_bytes=sum(file.bytes for file in orphans),
            vector_stores=stores,
            vector_store_bytes=store_bytes,
            monthly_usd=round(store_bytes / 1024**3 * USD_PER_GIB_DAY * DAYS_OF_MONTH, 4),
            expired=len(expired),
            unused=len(unused),
            unused_bytes=sum(file.bytes for file in unused),
            removed=removals.orphans,
            removed_unused=removals.unused,
        )

    def _without_owner(self) -> Iterator[ProviderFile]:
        for batch in _batches(self.provider_files.all()):
            owners = self.files.owners([file.id for file in batch])
            yield from (file for file in batch if file.id not in owners)

    def _with_owner(self) -> Iterator[File]:
        for batch in _batches(self.provider_files.all()):
            for tenant, file_id in self.files.owners([file.id for file in batch]).values():
                file = self.files.get(tenant, file_id)
                if file is not None:
                    yield file

    def _vector_stores(self, limit: float, *, remove: bool) -> tuple[int, int]:
        """Returns number and bytes of the vector stores without an owner."""
        count = size = 0
        for batch in _batches(self.provider_vector_stores.all()):
            owners = self.files.owners([store["id"] for store in batch])
            for store in batch:
                if store["id"] in owners or store["created_at"] > limit:
                    continue
                count, size = count + 1, size + int(store.get("usage_bytes") or 0)
                if remove:
                    self.provider_vector_stores.delete(store["id"])
        return count, size


def _batches(found: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(found)
    while batch := list(islice(rest, BATCH)):
        yield batch
