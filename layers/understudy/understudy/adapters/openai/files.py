"""The provider's files: implements ProviderFiles with OpenAI's SDK."""

from collections.abc import Iterator
from typing import Any, BinaryIO

from understudy.adapters.openai.client import ClientSource
from understudy.adapters.openai.errors import translated
from understudy.domain.stored import ProviderFile
from understudy.errors import ProviderNotFoundError

PROCESSING_SECONDS = 120.0
"""How long the provider may take to process a large file after receiving it."""

PAGE = 1000


class OpenAIFiles:
    """Implements the port ProviderFiles."""

    def __init__(self, source: ClientSource) -> None:
        self._source = source

    def upload(
        self,
        name: str,
        purpose: str,
        content: BinaryIO,
        *,
        content_type: str | None = None,
        expires_after: int | None = None,
    ) -> ProviderFile:
        from understudy.adapters.openai.bounds import CONNECT_SECONDS
        from understudy.adapters.openai.sdk import openai

        arguments: dict[str, Any] = {"file": (name, content), "purpose": purpose}
        if content_type:
            arguments["file"] = (name, content, content_type)
        if expires_after:
            arguments["expires_after"] = {"anchor": "created_at", "seconds": expires_after}
        timeout = openai.Timeout(PROCESSING_SECONDS, connect=CONNECT_SECONDS)
        with translated():
            return _read(self._source().files.create(**arguments, timeout=timeout))

    def content(self, provider_id: str) -> bytes:
        with translated():
            body: bytes = self._source().files.content(provider_id).read()
        return body

    def delete(self, provider_id: str) -> None:
        try:
            with translated():
                self._source().files.delete(provider_id)
        except ProviderNotFoundError:
            return

    def all(self) -> Iterator[ProviderFile]:
        with translated():
            for file in self._source().files.list(limit=PAGE, order="asc"):
                yield _read(file)


def _read(file: Any) -> ProviderFile:
    return ProviderFile(
        id=file.id,
        filename=file.filename,
        bytes=file.bytes,
        created_at=file.created_at,
        purpose=file.purpose,
        expires_at=file.expires_at,
    )
