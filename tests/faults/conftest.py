"""These tests run against the embedded stack."""

from tests.stack_fixture import client, fresh_provider, stack

__all__ = ["client", "fresh_provider", "stack"]
