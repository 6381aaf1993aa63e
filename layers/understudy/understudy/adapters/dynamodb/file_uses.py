"""Uses of files by threads, assistants and vector stores.

A use and the count in the file's own record change in one transaction, so a file is removed with
its last use and never before.
"""

from collections.abc import Collection, Mapping

from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.assistants import KEPT_SECONDS
from understudy.adapters.dynamodb.files import EXISTS
from understudy.adapters.dynamodb.table import Table, Write
from understudy.domain.files import FileUse
from understudy.errors import WriteRefusedError


class FileUses:
    """Uses of files by holders: threads, assistants and vector stores."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, tenant: str, holder: str, uses: Mapping[str, Collection[str]]) -> list[str]:
        """Records uses, by file id, with the tools that may read the file there. Idempotent.

        Returns the ids of files that the tenant does not have.
        """
        return [
            file_id
            for file_id, tools in uses.items()
            if not self._add(tenant, holder, file_id, tools)
        ]

    def of(self, tenant: str, holder: str) -> list[FileUse]:
        """Returns all uses of a holder."""
        items = self._table.query(keys.uses_of(tenant, holder), prefix="file-")
        return [FileUse.model_validate({**item, "file_id": item["sk"]}) for item in items]

    def set_indexed(self, tenant: str, holder: str, file_ids: Collection[str]) -> None:
        """Records that the files are in the thread's vector store."""
        for file_id in file_ids:
            self._set(tenant, holder, file_id, {"indexed": True})

    def set_container(
        self, tenant: str, holder: str, file_ids: Collection[str], container_id: str
    ) -> None:
        """Records the container that holds the files."""
        for file_id in file_ids:
            self._set(tenant, holder, file_id, {"container_id": container_id})

    def release(self, tenant: str, holder: str, file_id: str) -> None:
        """Ends a use. Idempotent; the file may be missing."""
        ended = Write(
            key=keys.use(tenant, holder, file_id), delete=True, condition="attribute_exists(pk)"
        )
        counted = Write(
            key=keys.file(tenant, file_id), add={"uses": -1}, condition="attribute_exists(pk)"
        )
        try:
            self._table.transact([ended, counted])
        except WriteRefusedError:
            self.forget(tenant, holder, file_id)

    def forget(self, tenant: str, holder: str, file_id: str) -> None:
        """Deletes the record of a use whose file was removed."""
        self._table.delete_many([keys.use(tenant, holder, file_id)])

    def _add(self, tenant: str, holder: str, file_id: str, tools: Collection[str]) -> bool:
        kept = int(self._table.now()) + KEPT_SECONDS
        known = dict.fromkeys(tools, True) | {"expires_at": kept}
        recorded = Write(
            key=keys.use(tenant, holder, file_id),
            assign=known,
            condition="attribute_not_exists(pk)",
        )
        counted = Write(key=keys.file(tenant, file_id), add={"uses": 1}, condition=EXISTS)
        try:
            self._table.transact([recorded, counted])
        except WriteRefusedError as error:
            if error.reasons[1] == "ConditionalCheckFailed":
                return False
            return self._set(tenant, holder, file_id, known)
        return True

    def _set(self, tenant: str, holder: str, file_id: str, known: Mapping[str, object]) -> bool:
        key = keys.use(tenant, holder, file_id)
        try:
            self._table.write(Write(key=key, assign=known, condition="attribute_exists(pk)"))
        except WriteRefusedError:
            return False
        return True
