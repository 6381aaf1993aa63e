"""The functions of `understudy webhook` against the fake provider."""

import pytest

from local.stack import Stack
from operate.webhook import WebhookError, register, rotate, show

URL = "https://example.com/webhooks/openai"


def test_register_creates_one_endpoint(stack: Stack) -> None:
    """The secret is returned only when the endpoint is created."""
    assert stack.provider is not None
    account = (stack.provider.base_url, stack.provider.key)

    secret = register(*account, URL)

    assert secret.startswith("whsec_")
    with pytest.raises(WebhookError, match="rotate"):
        register(*account, URL)
    assert URL in show(*account, URL)
    assert secret not in show(*account, URL)


def test_rotate_returns_another_secret(stack: Stack) -> None:
    """The endpoint stays the same."""
    assert stack.provider is not None
    account = (stack.provider.base_url, stack.provider.key)
    first = register(*account, URL)
    before = show(*account, URL)

    assert rotate(*account, URL) != first
    assert show(*account, URL) == before


def test_rotating_an_unregistered_webhook_fails(stack: Stack) -> None:
    """The error says that no webhook is registered."""
    assert stack.provider is not None

    with pytest.raises(WebhookError, match="not registered"):
        rotate(stack.provider.base_url, stack.provider.key, URL)
    assert "not registered" in show(stack.provider.base_url, stack.provider.key, URL)
