"""Sends an object of the bucket to the provider, streaming it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from understudy.domain.files import File
from understudy.errors import NoSuchObjectError, ProviderRefusedError
from understudy.files.provider_ids import refusal_of
from understudy.observability import logger
from understudy.ports import ProviderFiles

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.files import Files
    from understudy.adapters.s3 import S3Objects


@dataclass(frozen=True)
class ObjectSender:
    """Sends objects to the provider during one invocation, which holds leases until its end.

    `by` names the invocation. `until` is its end in Unix seconds.
    """

    files: "Files"
    objects: "S3Objects"
    provider_files: ProviderFiles
    by: str
    until: float

    def acquire_lease(self, file: File) -> File | None:
        """Returns the file; None if it is finished or another invocation works on it."""
        return self.files.acquire_lease(file, by=self.by, until=self.until)

    def send(self, file: File) -> File | None:
        """Returns the file with the provider's id. A file that has one is not sent again.

        A file that the provider refused, or whose object was deleted, is returned with the status
        `error`; None means that its record was deleted. Raises the provider's other errors after
        releasing the lease, so that a retry can start at once.
        """
        if file.provider_id:
            return file
        assert file.object_key is not None  # the callers set it
        try:
            with self.objects.open(file.object_key, file.object_version) as content:
                sent = self.provider_files.upload(
                    file.provider_name,
                    file.purpose,
                    content,
                    content_type=file.content_type,
                    expires_after=file.ends_at - file.created_at if file.ends_at else None,
                )
        except NoSuchObjectError:
            return self._fail(file, "The object was deleted before it was read.")
        except ProviderRefusedError as error:
            logger.warning("file_refused", file_id=file.id, code=error.code)
            return self._fail(file, str(refusal_of(error)))
        except BaseException:  # also if Lambda times out
            self.files.release_lease(file)
            raise
        known = self.files.change(file, provider_id=sent.id, status="uploaded")
        if known is None:
            self.provider_files.delete(sent.id)
        return known

    def _fail(self, file: File, reason: str) -> File | None:
        return self.files.finish(file, status="error", status_details=reason)
