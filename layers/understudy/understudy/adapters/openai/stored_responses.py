"""Responses that the provider stores: implements StoredResponses with OpenAI's SDK."""

from understudy.adapters.openai.client import ClientSource
from understudy.adapters.openai.errors import translated
from understudy.errors import ProviderNotFoundError, ProviderRefusedError


class OpenAIStoredResponses:
    """Implements the port StoredResponses."""

    def __init__(self, source: ClientSource) -> None:
        self._source = source

    def delete(self, response_id: str) -> None:
        try:
            with translated():
                self._source().responses.cancel(response_id)
        except ProviderRefusedError:
            pass  # ended already, or missing
        try:
            with translated():
                self._source().responses.delete(response_id)
        except ProviderNotFoundError:
            return
