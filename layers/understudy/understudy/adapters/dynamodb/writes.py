"""A write of one item, and its request to DynamoDB."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Item = dict[str, Any]
Key = Mapping[str, str]


@dataclass(frozen=True)
class Write:
    """A write of one item. `condition` is an expression over `:names` in `values`.

    `item` replaces the whole item; otherwise `assign`, `add` and `remove` change attributes of the
    item at `key`, or `delete` deletes it. `check` changes nothing: the transaction only depends on
    the condition. A value in `assign` may be an `Expression`.
    """

    key: Key | None = None
    item: Item | None = None
    assign: Mapping[str, Any] = field(default_factory=dict)
    add: Mapping[str, int] = field(default_factory=dict)
    remove: Sequence[str] = ()
    delete: bool = False
    check: bool = False
    condition: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Expression:
    """An expression that DynamoDB evaluates and assigns, such as `ttl_seconds + :now`."""

    text: str


def request_of(
    write: Write, table: str, encode: Callable[[Mapping[str, Any]], dict[str, Any]]
) -> tuple[str, dict[str, Any]]:
    """Returns `Put`, `Update`, `Delete` or `ConditionCheck`, and the request's parameters."""
    request: dict[str, Any] = {"TableName": table}
    values: Item = dict(write.values)
    if write.condition:
        request["ConditionExpression"] = write.condition
    if write.item is not None:
        request["Item"] = encode(write.item)
        kind = "Put"
    else:
        request["Key"] = encode(write.key or {})
        kind = "ConditionCheck" if write.check else "Delete" if write.delete else "Update"
    if kind == "Update":
        expression, names = _update_expression(write, values)
        request["UpdateExpression"] = expression
        request["ExpressionAttributeNames"] = names
    if values:
        request["ExpressionAttributeValues"] = encode(values)
    return kind, request


def _update_expression(write: Write, values: Item) -> tuple[str, dict[str, str]]:
    names: dict[str, str] = {}
    clauses: dict[str, list[str]] = {"SET": [], "ADD": [], "REMOVE": []}
    for name, value in write.assign.items():
        names[f"#{name}"] = name
        if isinstance(value, Expression):
            clauses["SET"].append(f"#{name} = {value.text}")
        else:
            clauses["SET"].append(f"#{name} = :set_{name}")
            values[f":set_{name}"] = value
    for name, amount in write.add.items():
        names[f"#{name}"] = name
        clauses["ADD"].append(f"#{name} :add_{name}")
        values[f":add_{name}"] = amount
    for name in write.remove:
        names[f"#{name}"] = name
        clauses["REMOVE"].append(f"#{name}")
    text = " ".join(f"{word} {', '.join(parts)}" for word, parts in clauses.items() if parts)
    return text, names
