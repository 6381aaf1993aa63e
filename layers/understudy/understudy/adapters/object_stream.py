"""An object of the bucket as a file that can be read once, from beginning to end."""

import io
import os
from typing import Any

from botocore.exceptions import BotoCoreError, HTTPClientError, IncompleteReadError


class ObjectStream(io.RawIOBase):
    """Streams an object from S3; its length is known from the start.

    Code that writes multipart bodies seeks to the end and back to find the length, and nothing more
    than that is supported. Raises OSError when the connection breaks.
    """

    def __init__(self, body: Any, length: int) -> None:
        self._body = body
        self._length = length
        self._read = 0
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        origin = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._length}[whence]
        self._position = origin + offset
        return self._position

    def read(self, size: int = -1) -> bytes:
        if self._position != self._read:
            raise io.UnsupportedOperation("an object is read once, from its beginning")
        try:
            piece: bytes = self._body.read(size if size >= 0 else None)
        except (BotoCoreError, HTTPClientError, IncompleteReadError) as error:
            raise OSError(f"reading the object: {type(error).__name__}") from error
        self._read += len(piece)
        self._position = self._read
        return piece

    def close(self) -> None:
        self._body.close()
        super().close()
