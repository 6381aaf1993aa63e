"""DynamoDB's units from the sizes of items, in the JSON of its API.

Rules: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ (read-write-operations,
CapacityUnitCalculations, GSI, transaction-apis). Item and index entries are rounded up
separately; a write counts the larger of the item before and after it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

WRITE_UNIT = 1024
READ_UNIT = 4096

Image = Mapping[str, Mapping[str, Any]]
"""An item in DynamoDB's own JSON: {"pk": {"S": "…"}}."""


@dataclass(frozen=True)
class Index:
    """A secondary index that holds keys only."""

    name: str
    keys: tuple[str, ...]


def item_size(image: Image) -> int:
    """Returns the bytes of an item: its attributes' names and values."""
    return sum(len(name.encode()) + _value_size(value) for name, value in image.items())


def _value_size(value: Mapping[str, Any]) -> int:
    [(kind, content)] = value.items()
    match kind:
        case "S":
            return len(str(content).encode("utf-8", "surrogatepass"))
        case "N":
            return ceil(len(str(content).lstrip("-").replace(".", "")) / 2) + 1
        case "B":
            return len(str(content)) * 3 // 4
        case "BOOL" | "NULL":
            return 1
        case "L":
            return 3 + sum(1 + _value_size(entry) for entry in content)
        case "M":
            return 3 + sum(
                1 + len(name.encode()) + _value_size(entry) for name, entry in content.items()
            )
        case _:
            return sum(_value_size({kind[0]: entry}) for entry in content)


def write_units(
    before: Image | None, after: Image | None, indexes: Iterable[Index], *, transaction: bool
) -> int:
    """Returns the units of one write of one item, including its index entries.

    A transaction writes each item twice (once to prepare, once to commit), its index entries once.
    """
    size = max(item_size(before or {}), item_size(after or {}))
    table = max(1, ceil(size / WRITE_UNIT)) * (2 if transaction else 1)
    return table + sum(index_writes(before or {}, after or {}, index) for index in indexes)


def index_writes(before: Image, after: Image, index: Index) -> int:
    """Returns the written entries of a keys-only index: 0, 1, or 2 for a changed key."""
    old, new = _entry(before, index), _entry(after, index)
    if old == new:
        return 0
    return (old is not None) + (new is not None)


def _entry(image: Image, index: Index) -> tuple[Any, ...] | None:
    """Returns the entry's key, or None if the item is not in the index."""
    if any(name not in image for name in index.keys):
        return None
    return tuple(tuple(image[name].values()) for name in index.keys)


def read_units(bytes_read: int, *, consistent: bool) -> float:
    """Returns the units of one read or one page of a query; a read that finds no item costs too."""
    return max(1, ceil(bytes_read / READ_UNIT)) * (1.0 if consistent else 0.5)
