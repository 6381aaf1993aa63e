"""Checks of request bodies against tables of their parameters, with the API's error texts."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from local.provider.errors import bad_request, invalid_type, invalid_value, missing_parameter

Json = dict[str, Any]

_TYPES: Mapping[str, tuple[type, ...]] = {
    "a string": (str,),
    "a boolean": (bool,),
    "an integer": (int,),
    "a decimal number": (int, float),
    "an object": (dict,),
    "an array": (list,),
    "one of a string or array": (str, list),
    "one of a string or object": (str, dict),
}


@dataclass(frozen=True)
class Parameter:
    """What a parameter accepts: a JSON type, and bounds of a number, a length, or the values."""

    kind: str
    required: bool = False
    least: int | None = None
    most: int | None = None
    longest: int | None = None
    choices: Collection[Any] = ()

    def check(self, name: str, value: Any) -> None:
        """Raise the API's 400 unless the value fits."""
        if type(value) not in _TYPES[self.kind]:  # a boolean is no integer
            raise invalid_type(name, self.kind, value)
        if self.choices and isinstance(value, str) and value not in self.choices:
            raise invalid_value(name, value, list(self.choices))
        if self.longest is not None and len(value) > self.longest:
            raise bad_request(
                f"Invalid '{name}': string too long. Expected a string with maximum length "
                f"{self.longest}, but got a string with length {len(value)} instead.",
                name,
                "string_above_max_length",
            )
        if self.least is not None and value < self.least:
            self._refuse(name, value, "below minimum", f">= {self.least}", "below_min")
        if self.most is not None and value > self.most:
            self._refuse(name, value, "above maximum", f"<= {self.most}", "above_max")

    @staticmethod
    def _refuse(name: str, value: float, side: str, bound: str, code: str) -> None:
        raise bad_request(
            f"Invalid '{name}': integer {side} value. Expected a value {bound}, but got {value} "
            "instead.",
            name,
            f"integer_{code}_value",
        )


Parameters = Mapping[str, Parameter]

STRING, BOOLEAN, INTEGER = Parameter("a string"), Parameter("a boolean"), Parameter("an integer")
OBJECT, ARRAY = Parameter("an object"), Parameter("an array")

_METADATA_PAIRS = 16
_METADATA_KEY, _METADATA_VALUE = (
    Parameter("a string", longest=64),
    Parameter("a string", longest=512),
)


def check(body: Any, parameters: Parameters, under: str = "") -> None:
    """Raise the API's 400 for the first parameter of an object that is missing or does not fit."""
    OBJECT.check(under or "body", body)
    for name, parameter in parameters.items():
        full = f"{under}.{name}" if under else name
        value = body.get(name)
        if parameter.required and value in (None, ""):
            raise missing_parameter(full)
        if value is not None:
            parameter.check(full, value)


def check_metadata(metadata: Any) -> dict[str, str]:
    """Return metadata: at most 16 pairs, keys up to 64 characters, strings of up to 512."""
    if metadata is None:
        return {}
    OBJECT.check("metadata", metadata)
    if len(metadata) > _METADATA_PAIRS:
        raise bad_request(
            "Invalid 'metadata': too many properties. Expected an object with at most "
            f"{_METADATA_PAIRS} properties, but got an object with {len(metadata)} properties "
            "instead.",
            "metadata",
            "object_above_max_properties",
        )
    for key, value in metadata.items():
        _METADATA_KEY.check("metadata", key)
        _METADATA_VALUE.check(f"metadata.{key}", value)
    return dict(metadata)
