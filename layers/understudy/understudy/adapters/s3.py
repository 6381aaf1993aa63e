"""The bucket."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from understudy.errors import StoreUnavailableError


class S3Objects:
    """One bucket, whole objects; the client is made only when an object is really moved.

    Raises StoreUnavailableError when it does not answer.
    """

    def __init__(self, client: Callable[[], Any], bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, key: str, body: bytes, content_type: str) -> None:
        self._call("put_object", Key=key, Body=body, ContentType=content_type)

    def get(self, key: str) -> bytes:
        body: bytes = self._call("get_object", Key=key)["Body"].read()
        return body

    def _call(self, method: str, **arguments: Any) -> Any:
        try:
            return getattr(self._client(), method)(Bucket=self._bucket, **arguments)
        except (BotoCoreError, ClientError) as error:
            raise StoreUnavailableError(f"{method}: {type(error).__name__}") from error
