"""Query parameters of an operation, from the model that reads them."""

from pydantic import BaseModel

from understudy.domain.base import Json


def query_parameters(model: type[BaseModel]) -> list[Json]:
    """Returns one parameter for each field; an object is sent as `name[key]=value`."""
    properties: Json = model.model_json_schema()["properties"]
    return [_parameter(name, schema) for name, schema in properties.items()]


def _parameter(name: str, schema: Json) -> Json:
    schema = {key: value for key, value in schema.items() if key != "title"}
    shown: Json = {"name": name, "in": "query", "required": False}
    shown["description"] = schema.pop("description")
    branches = schema.pop("anyOf", None)
    if branches:  # `null` is the absent parameter
        [schema] = [branch for branch in branches if branch != {"type": "null"}]
    if schema["type"] == "object":
        # All values of a query are text, and none of them is refused.
        shown |= {"style": "deepObject", "explode": True}
        schema = {"type": "object", "additionalProperties": True}
    return shown | {"schema": schema}
