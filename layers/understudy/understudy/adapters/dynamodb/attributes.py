"""Values as DynamoDB writes them: `{"S": "text"}`.

boto3 has this too, and importing it costs every cold start 20 ms and a hundred modules.
"""

from collections.abc import Mapping
from typing import Any


def encoded(value: Any) -> dict[str, Any]:
    """Raises TypeError for what the table does not hold, such as a float."""
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
    raise TypeError(f"the table holds no {type(value).__name__}")


def decoded(value: Mapping[str, Any]) -> Any:
    """The table's numbers are integers. Raises TypeError for what it does not hold."""
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
    raise TypeError(f"the table holds no {kind}")
