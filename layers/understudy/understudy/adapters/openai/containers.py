"""The containers of code interpreter: the port ProviderContainers on OpenAI's SDK."""

from collections.abc import Iterator

from understudy.adapters.openai.client import ClientSource
from understudy.adapters.openai.errors import translated
from understudy.errors import ProviderNotFoundError, ProviderRefusedError

PIECE = 256 * 1024


class OpenAIContainers:
    """Fits the port ProviderContainers."""

    def __init__(self, source: ClientSource) -> None:
        self._source = source

    def add_file(self, container_id: str, provider_file_id: str) -> None:
        with translated():
            self._source().containers.files.create(container_id, file_id=provider_file_id)

    def content(self, container_id: str, container_file_id: str) -> Iterator[bytes]:
        contents = self._source().containers.files.content.with_streaming_response
        with (
            translated(),
            contents.retrieve(container_file_id, container_id=container_id) as answer,
        ):
            yield from answer.iter_bytes(PIECE)

    def delete(self, container_id: str) -> None:
        try:
            with translated():
                self._source().containers.delete(container_id)
        except (ProviderNotFoundError, ProviderRefusedError):
            return  # It is gone or has expired, which removes what was in it.
