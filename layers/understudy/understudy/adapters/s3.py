"""The deployment's bucket."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO, cast

from botocore.exceptions import BotoCoreError, ClientError

from understudy.adapters.object_stream import ObjectStream
from understudy.domain.base import Json
from understudy.domain.file_names import disposition
from understudy.domain.file_types import SNIFFED_BYTES, checked_type
from understudy.domain.stored import StoredObject
from understudy.domain.uploads import FORM_SECONDS
from understudy.errors import NoSuchObjectError, StorageUnavailableError

LINK_SECONDS = 300
MAX_KEYS = 1000
"""The most keys in one delete request."""

SPOOLED_BYTES = 8 * 1024 * 1024
"""Content in pieces is buffered in memory up to this size, then on disk: S3 needs its length."""

GONE = {"404", "405", "412", "NoSuchKey", "NoSuchVersion", "MethodNotAllowed", "PreconditionFailed"}
"""S3 responds 405 for a version that is a delete marker."""


class S3Objects:
    """The deployment's bucket. The S3 client is created on the first call.

    Raises StorageUnavailableError when the bucket does not respond, and NoSuchObjectError for a get
    of a missing object.
    """

    def __init__(self, client: Callable[[], Any], bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, key: str, body: bytes, content_type: str) -> None:
        self._call("put_object", Key=key, Body=body, ContentType=content_type)

    def put_from(self, key: str, pieces: Iterator[bytes], name: str) -> tuple[int, str]:
        """Stores content that comes in pieces, with the content type that `checked_type` returns.

        Returns the number of bytes and the content type.
        """
        try:
            with tempfile.SpooledTemporaryFile(SPOOLED_BYTES) as spool:
                for piece in pieces:
                    spool.write(piece)
                size = spool.tell()
                spool.seek(0)
                kind = checked_type(name, spool.read(SNIFFED_BYTES))
                spool.seek(0)
                self._call("put_object", Key=key, Body=spool, ContentType=kind)
        except OSError as error:  # the disk is full; a later invocation may have room
            raise StorageUnavailableError(f"put_from: {type(error).__name__}") from error
        return size, kind

    def get(self, key: str, version: str | None = None) -> bytes:
        """Returns the content. Raises NoSuchObjectError."""
        found = self._call("get_object", Key=key, **_of_version(version))
        body: bytes = found["Body"].read()
        return body

    def head(self, key: str, version: str | None = None) -> StoredObject | None:
        """Returns size, type and metadata of an object; None if it is missing."""
        try:
            found = self._call("head_object", Key=key, **_of_version(version))
        except NoSuchObjectError:
            return None
        return StoredObject(
            key=key,
            bytes=found["ContentLength"],
            version=found.get("VersionId"),
            etag=found["ETag"].strip('"'),
            content_type=found.get("ContentType"),
            metadata=found.get("Metadata", {}),
        )

    def open(self, key: str, version: str | None = None) -> BinaryIO:
        """Opens an object to be streamed. Raises NoSuchObjectError."""
        found = self._call("get_object", Key=key, **_of_version(version))
        return cast(BinaryIO, ObjectStream(found["Body"], found["ContentLength"]))

    def copy(self, key: str, to: str) -> None:
        """Copies inside the bucket. Raises NoSuchObjectError."""
        source = {"Bucket": self._bucket, "Key": key}
        self._call("copy_object", Key=to, CopySource=source)

    def delete(self, keys: Sequence[str]) -> None:
        """Deletes objects. Idempotent."""
        for start in range(0, len(keys), MAX_KEYS):
            gone = [{"Key": key} for key in keys[start : start + MAX_KEYS]]
            self._call("delete_objects", Delete={"Objects": gone, "Quiet": True})

    def delete_below(self, prefix: str) -> int:
        """Deletes all objects below a prefix; returns their number."""
        deleted = 0
        while True:
            found = self._call("list_objects_v2", Prefix=prefix, MaxKeys=MAX_KEYS)
            keys = [entry["Key"] for entry in found.get("Contents", [])]
            if not keys:
                return deleted
            self.delete(keys)
            deleted += len(keys)

    def link(
        self,
        key: str,
        *,
        version: str | None = None,
        filename: str,
        content_type: str,
        inline: bool,
    ) -> str:
        """Returns a URL that serves the object for five minutes."""
        url: str = self._client().generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self._bucket,
                "Key": key,
                **_of_version(version),
                "ResponseContentType": content_type,
                "ResponseContentDisposition": disposition(filename, inline=inline),
            },
            ExpiresIn=LINK_SECONDS,
        )
        return url

    def upload_form(self, key: str, *, content_type: str, max_bytes: int) -> Json:
        """Returns URL and fields of a form that uploads this object, within 15 minutes."""
        form: Json = self._client().generate_presigned_post(
            self._bucket,
            key,
            Fields={"Content-Type": content_type},
            Conditions=[
                {"Content-Type": content_type},
                ["content-length-range", 1, max_bytes],
            ],
            ExpiresIn=FORM_SECONDS,
        )
        return form

    def _call(self, method: str, **arguments: Any) -> Any:
        try:
            return getattr(self._client(), method)(Bucket=self._bucket, **arguments)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in GONE:
                raise NoSuchObjectError(f"{method}: {code}") from error
            raise StorageUnavailableError(f"{method}: {code}") from error
        except BotoCoreError as error:
            raise StorageUnavailableError(f"{method}: {type(error).__name__}") from error


def _of_version(version: str | None) -> dict[str, str]:
    return {"VersionId": version} if version else {}
