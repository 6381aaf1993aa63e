"""References from parts of the document to schemas."""

from typing import Final

from understudy.domain.base import Json

JSON: Final = "application/json"
REF: Final = "#/components/schemas/"


def content(media_type: str, schema: Json) -> Json:
    """Returns the content of a request or a response."""
    return {"content": {media_type: {"schema": schema}}}


def ref(name: str) -> Json:
    """Returns a reference to a schema."""
    return {"$ref": REF + name}
