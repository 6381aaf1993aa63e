"""The embedded stack, and the environments of the SDKs that are not the newest."""

from tests.stack_fixture import client, fresh_provider, stack

__all__ = ["client", "fresh_provider", "stack"]
