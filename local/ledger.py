"""The stand-in's ledger held against the table: what the provider has must belong to a record."""

from typing import Any

from understudy.adapters.dynamodb.owners import owners_of

from local.stack import Stack


def live_objects(stack: Stack, kind: str) -> dict[str, Any]:
    """What exists at the stand-in of a kind, by id."""
    assert stack.provider is not None
    return stack.provider.control.live().get(kind, {})


def ownerless(stack: Stack) -> dict[str, list[str]]:
    """What exists at the stand-in and no live record refers to, by kind."""
    table = stack.table()
    found: dict[str, list[str]] = {}
    for kind in ("file", "vector_store"):
        ids = live_objects(stack, kind)
        owners = owners_of(table, list(ids))
        found[kind] = [each for each in ids if each not in owners]
    return {kind: ids for kind, ids in found.items() if ids}


def assert_nothing_ownerless(stack: Stack) -> None:
    """Every file and vector store of the stand-in is somebody's."""
    assert ownerless(stack) == {}
