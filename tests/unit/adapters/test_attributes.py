"""Conversion of values to and from DynamoDB's format."""

from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from understudy.adapters.dynamodb.attributes import decoded, encoded
from understudy.domain.runs import RunStatus

VALUES = [
    "text",
    "",
    0,
    -17,
    2**63,
    True,
    False,
    None,
    [1, "two", [True]],
    {"a": {"b": None}},
    RunStatus.QUEUED,
]


@pytest.mark.parametrize("value", VALUES)
def test_values_are_encoded_as_by_boto3(value: Any) -> None:
    """Other programs can read the table."""
    assert encoded(value) == TypeSerializer().serialize(value)


@pytest.mark.parametrize("value", VALUES)
def test_encoded_values_are_decoded_unchanged(value: Any) -> None:
    """Also values that boto3 encoded."""
    written = TypeSerializer().serialize(value)

    assert decoded(written) == TypeDeserializer().deserialize(written) == value
    assert type(decoded(written)) is not float


def test_float_is_rejected() -> None:
    """DynamoDB's numbers are decimal, so a float could be decoded as another number."""
    with pytest.raises(TypeError, match="float"):
        encoded(1.5)


def test_unsupported_type_is_rejected() -> None:
    """Such as a set."""
    with pytest.raises(TypeError, match="SS"):
        decoded({"SS": ["a"]})
