"""Makes the adapters of the model's provider, each when it is first used.

The `openai` SDK costs half a second to import, so even these modules import it on the first call.
"""

from functools import cached_property
from typing import TYPE_CHECKING, Any

from understudy.ports import (
    Completions,
    Provider,
    ProviderContainers,
    ProviderFiles,
    ProviderVectorStores,
    StoredResponses,
)
from understudy.settings import Settings

if TYPE_CHECKING:
    from understudy.adapters.openai.forwarding import ForwardedRequests
    from understudy.adapters.openai.response_streams import OpenAIResponseStreams
    from understudy.adapters.openai.vector_stores import OpenAIUploads


class ProviderAdapters:
    """The adapters of the provider that `settings` name."""

    settings: Settings

    @cached_property
    def provider(self) -> Provider:
        from understudy.adapters.openai.responses import OpenAIResponses

        return OpenAIResponses(self._provider_client)

    @cached_property
    def response_streams(self) -> "OpenAIResponseStreams":
        from understudy.adapters.openai.response_streams import OpenAIResponseStreams

        return OpenAIResponseStreams(self._provider_client)

    @cached_property
    def completions(self) -> Completions:
        from understudy.adapters.openai.chat import OpenAIChat
        from understudy.adapters.openai.client import fallback_client

        return OpenAIChat(lambda: fallback_client(self.settings))

    @cached_property
    def provider_files(self) -> ProviderFiles:
        from understudy.adapters.openai.files import OpenAIFiles

        return OpenAIFiles(self._provider_client)

    @cached_property
    def provider_vector_stores(self) -> ProviderVectorStores:
        from understudy.adapters.openai.vector_stores import OpenAIVectorStores

        return OpenAIVectorStores(self._provider_client)

    @cached_property
    def provider_uploads(self) -> "OpenAIUploads":
        from understudy.adapters.openai.vector_stores import OpenAIUploads

        return OpenAIUploads(self._provider_client)

    @cached_property
    def provider_containers(self) -> ProviderContainers:
        from understudy.adapters.openai.containers import OpenAIContainers

        return OpenAIContainers(self._provider_client)

    @cached_property
    def stored_responses(self) -> StoredResponses:
        from understudy.adapters.openai.stored_responses import OpenAIStoredResponses

        return OpenAIStoredResponses(self._provider_client)

    @cached_property
    def forwarded_requests(self) -> "ForwardedRequests":
        from understudy.adapters.openai.forwarding import ForwardedRequests

        return ForwardedRequests(self._provider_access)

    def _provider_client(self) -> Any:
        from understudy.adapters.openai.client import provider_client

        return provider_client(*self._provider_access())

    def _provider_access(self) -> tuple[str, str | None]:
        from understudy.adapters.secrets import secret

        return secret(self.settings.openai_secret_arn), self.settings.openai_base_url
