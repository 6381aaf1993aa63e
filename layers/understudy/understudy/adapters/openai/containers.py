"""The containers of code interpreter: implements ProviderContainers with OpenAI's SDK."""

from collections.abc import Iterator
from itertools import islice
from pathlib import PurePosixPath

from understudy.adapters.openai.client import ClientSource
from understudy.adapters.openai.errors import translated
from understudy.domain.manifests import ContainerFile
from understudy.errors import ProviderNotFoundError, ProviderRefusedError

PIECE = 256 * 1024
PAGE = 100


class OpenAIContainers:
    """Implements the port ProviderContainers."""

    def __init__(self, source: ClientSource) -> None:
        self._source = source

    def add_file(self, container_id: str, provider_file_id: str) -> None:
        with translated():
            self._source().containers.files.create(container_id, file_id=provider_file_id)

    def made_in(self, container_id: str, at_most: int) -> list[ContainerFile]:
        try:
            with translated():
                listed = self._source().containers.files.list(container_id, limit=PAGE)
                made = (file for file in listed if file.source == "assistant")
                return [
                    ContainerFile(file.id, PurePosixPath(file.path).name)
                    for file in islice(made, at_most)
                ]
        except (ProviderNotFoundError, ProviderRefusedError):
            return []

    def content(self, container_id: str, container_file_id: str) -> Iterator[bytes]:
        contents = self._source().containers.files.content.with_streaming_response
        with (
            translated(),
            contents.retrieve(container_file_id, container_id=container_id) as response,
        ):
            yield from response.iter_bytes(PIECE)

    def delete(self, container_id: str) -> None:
        try:
            with translated():
                self._source().containers.delete(container_id)
        except (ProviderNotFoundError, ProviderRefusedError):
            return  # missing, or expired, which has removed its files
