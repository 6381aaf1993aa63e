"""Lists of objects, and objects that were deleted."""

from collections.abc import Sequence
from typing import Generic, Literal, TypeVar

from typing_extensions import TypedDict

Listed = TypeVar("Listed")


class ListOf(TypedDict, Generic[Listed]):
    """A page of a list. It may end early, with `has_more`, when its objects are large."""

    object: Literal["list"]
    data: list[Listed]
    first_id: str | None
    last_id: str | None
    has_more: bool


class PlainList(TypedDict, Generic[Listed]):
    """A list without pages."""

    object: Literal["list"]
    data: list[Listed]


class DeletedObject(TypedDict):
    """The response to a delete."""

    id: str
    object: Literal[
        "assistant.deleted",
        "file",
        "thread.deleted",
        "thread.message.deleted",
        "vector_store.deleted",
        "vector_store.file.deleted",
    ]
    deleted: bool


def list_of(
    objects: Sequence[Listed], *, has_more: bool, last_id: str | None = None
) -> ListOf[Listed]:
    """Returns a page; `last_id` is the cursor to go on from if it is not the last object's id."""
    ids: list[str] = [each["id"] for each in objects]  # type: ignore[index]  # listed objects have an id
    return {
        "object": "list",
        "data": list(objects),
        "first_id": ids[0] if ids else None,
        "last_id": last_id or (ids[-1] if ids else None),
        "has_more": has_more,
    }
