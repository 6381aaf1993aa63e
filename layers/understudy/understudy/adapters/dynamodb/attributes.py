"""Conversion of values to and from DynamoDB's format: `{"S": "text"}`.

boto3 has a converter, but importing it costs 20 ms of every cold start.
"""

from collections.abc import Mapping
from typing import Any


def encoded(value: Any) -> dict[str, Any]:
    """Converts a value. Raises TypeError for types that the table does not have, such as float."""
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": str(value)}
        case int():
            return {"N": str(value)}
        case list() | tuple():
            return {"L": [encoded(entry) for entry in value]}
        case dict():
            return {"M": {name: encoded(entry) for name, entry in value.items()}}
    raise TypeError(f"unsupported type: {type(value).__name__}")


def decoded(value: Mapping[str, Any]) -> Any:
    """Converts a value back; numbers are integers. Raises TypeError for other types."""
    [(kind, content)] = value.items()
    match kind:
        case "S" | "BOOL":
            return content
        case "N":
            return int(content)
        case "NULL":
            return None
        case "L":
            return [decoded(entry) for entry in content]
        case "M":
            return {name: decoded(entry) for name, entry in content.items()}
    raise TypeError(f"unsupported type: {kind}")
