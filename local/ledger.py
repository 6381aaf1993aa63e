"""Compares the fake provider's objects with the table: each must belong to a record."""

from typing import Any

from understudy.adapters.dynamodb.owners import owners_of

from local.stack import Stack


def live_objects(stack: Stack, kind: str) -> dict[str, Any]:
    """Returns the fake provider's objects of a kind, by id."""
    assert stack.provider is not None
    return stack.provider.control.live().get(kind, {})


def ownerless(stack: Stack) -> dict[str, list[str]]:
    """Returns the ids of provider objects that no live record refers to, by kind."""
    table = stack.table()
    found: dict[str, list[str]] = {}
    for kind in ("file", "vector_store"):
        ids = live_objects(stack, kind)
        owners = owners_of(table, list(ids))
        found[kind] = [each for each in ids if each not in owners]
    return {kind: ids for kind, ids in found.items() if ids}


def assert_nothing_ownerless(stack: Stack) -> None:
    """Fails if a file or vector store of the fake provider has no record."""
    assert ownerless(stack) == {}
