"""What the functions use: the adapters, and the operations that several functions share."""

from functools import cache, cached_property, partial
from typing import TYPE_CHECKING

from understudy.adapters.assembly import Adapters
from understudy.settings import settings

if TYPE_CHECKING:
    from understudy.drops.admit import DropAdmission
    from understudy.drops.report import DropReports
    from understudy.files.attach import Attachments
    from understudy.files.prepare import FilePreparation
    from understudy.files.remove import FileRemoval
    from understudy.threads.find import UserThreads


class Services(Adapters):
    """The adapters of a deployment and the shared operations on top of them."""

    @cached_property
    def attachments(self) -> "Attachments":
        from understudy.files.attach import Attachments

        return Attachments(self.files, self.vector_stores, self.file_uses, self.threads, self.now)

    @cached_property
    def file_preparation(self) -> "FilePreparation":
        from understudy.files.prepare import FilePreparation

        return FilePreparation(
            threads=self.threads,
            files=self.files,
            file_uses=self.file_uses,
            vector_stores=self.vector_stores,
            provider_vector_stores=self.provider_vector_stores,
            provider_containers=self.provider_containers,
            now=self.now,
        )

    @cached_property
    def file_removal(self) -> "FileRemoval":
        from understudy.files.remove import FileRemoval

        return FileRemoval(
            self.files, self.file_uses, self.drops, self.objects, self.provider_files
        )

    @cached_property
    def user_threads(self) -> "UserThreads":
        from understudy.threads.find import UserThreads

        return UserThreads(self.threads, self.attachments, self.settings, self.now)

    @cached_property
    def drop_reports(self) -> "DropReports":
        from understudy.drops.report import DropReports

        return DropReports(self.files, self.drops, self.messages, self.objects, self.now)

    @cached_property
    def drop_admission(self) -> "DropAdmission":
        from understudy.drops.admit import DropAdmission
        from understudy.runs.limits import limits_of_tenant
        from understudy.runs.start import start_run

        return DropAdmission(
            drops=self.drops,
            threads=self.threads,
            files=self.files,
            messages=self.messages,
            assistants=self.assistants,
            attachments=self.attachments,
            reports=self.drop_reports,
            limits_of_tenant=partial(limits_of_tenant, self),
            start_run=partial(start_run, self),
            now=self.now,
        )


@cache
def services() -> Services:
    """Returns this process's services."""
    return Services(settings())
