"""Removes files. After a failure, a second call continues the removal."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from understudy.domain.drops import PROMPT_SUFFIX, report_prefix
from understudy.domain.files import File
from understudy.ports import ProviderFiles

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.drops import Drops
    from understudy.adapters.dynamodb.file_uses import FileUses
    from understudy.adapters.dynamodb.files import Files
    from understudy.adapters.s3 import S3Objects


@dataclass(frozen=True)
class FileRemoval:
    """Removes files with their objects, their reports and their copies at the provider."""

    files: "Files"
    file_uses: "FileUses"
    drops: "Drops"
    objects: "S3Objects"
    provider_files: ProviderFiles

    def delete(self, tenant: str, file_id: str) -> bool:
        """Deletes a file for its owner; False if it is missing."""
        if self.files.get(tenant, file_id) is None:
            return False
        marked = self.files.mark_deleting(tenant, file_id)
        if marked is None:
            return False
        self._remove(marked)
        return True

    def release(self, tenant: str, holder: str, *, remove: bool) -> None:
        """Ends all uses of a holder; with `remove`, files without another use are removed."""
        for use in self.file_uses.of(tenant, holder):
            marked = (
                self.files.mark_deleting(tenant, use.file_id, last_use=True) if remove else None
            )
            if marked is None:
                self.file_uses.release(tenant, holder, use.file_id)
            else:
                self._remove(marked)
                self.file_uses.forget(tenant, holder, use.file_id)

    def _remove(self, file: File) -> None:
        """Removes a file that is marked as being deleted. Its record goes last."""
        if file.provider_id:
            self.provider_files.delete(file.provider_id)
        if file.object_key:
            self.objects.delete([file.object_key])
        if file.drop_key and self.drops.newest(file.tenant, file.drop_key) in (file.id, None):
            self.objects.delete([file.drop_key + PROMPT_SUFFIX])
            self.objects.delete_below(report_prefix(file.drop_key))
            self.drops.forget(file.tenant, file.drop_key)
        self.files.remove(file)
