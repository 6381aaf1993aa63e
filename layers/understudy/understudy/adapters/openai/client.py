"""The SDK's client: without its own retries, with timeouts below every function's."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from understudy.adapters.secrets import secret
from understudy.errors import ProviderKeyError
from understudy.settings import Settings


def provider_client(key: str, base_url: str | None) -> Any:
    """Returns the client of a key; a rotated key gets a new client.

    The SDK's retries are disabled: after a timeout it would create a second response, which is
    billed too. The state machine decides on retries.
    """
    return _client(key, base_url)


def fallback_client(chosen: Settings) -> Any:
    """Returns the client for chat completions; without settings of its own, the main provider's.

    Raises ProviderKeyError for a URL without a key: a key is only sent to the provider it is for.
    """
    if chosen.fallback_base_url and not chosen.fallback_secret_arn:
        raise ProviderKeyError("the fallback has a URL but no key")
    arn = chosen.fallback_secret_arn or chosen.openai_secret_arn
    return provider_client(secret(arn), chosen.fallback_base_url or chosen.openai_base_url)


@lru_cache(maxsize=4)
def _client(key: str, base_url: str | None) -> Any:
    from understudy.adapters.openai.bounds import CONNECT_SECONDS, SECONDS, bounded_client
    from understudy.adapters.openai.sdk import openai

    return openai.OpenAI(
        api_key=key,
        base_url=base_url,
        max_retries=0,
        http_client=bounded_client(),
        timeout=openai.Timeout(SECONDS, connect=CONNECT_SECONDS),
    )


ClientSource = Callable[[], Any]
"""Returns the client to use; called for each request, so that a rotated key is used at once."""
