"""The SDK's client: no retries of its own, and timeouts below every function's."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from understudy.adapters.secrets import secret
from understudy.errors import ProviderKeyError
from understudy.settings import Settings


def provider_client(key: str, base_url: str | None) -> Any:
    """The client for a key; a rotated key gets a client of its own.

    The SDK would retry a create after a timeout and so make a second, billed response: retries are
    ours to decide, in the state machine.
    """
    return _client(key, base_url)


def fallback_client(chosen: Settings) -> Any:
    """The client for chat completions: the main provider's where the fallback has no own.

    Raises ProviderKeyError for a URL without a key: a key goes only to the provider it is for.
    """
    if chosen.fallback_base_url and not chosen.fallback_secret_arn:
        raise ProviderKeyError("the fallback has a URL and no key")
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
"""Gives the client to use now; called for each request, so that a new key is noticed."""
