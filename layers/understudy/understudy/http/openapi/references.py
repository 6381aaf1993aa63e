"""How a part of the document refers to a model."""

from pydantic import BaseModel

from understudy.domain.base import Json

JSON = "application/json"
REF = "#/components/schemas/"


def content(media_type: str, schema: Json) -> Json:
    """What a request or an answer consists of."""
    return {"content": {media_type: {"schema": schema}}}


def ref(model: type[BaseModel]) -> Json:
    """The schema of the model."""
    return {"$ref": REF + model.__name__}
