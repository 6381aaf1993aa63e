"""Values of the table as DynamoDB writes them."""

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
def test_a_value_is_written_as_boto3_writes_it(value: Any) -> None:
    """The table stays readable for every other program."""
    assert encoded(value) == TypeSerializer().serialize(value)


@pytest.mark.parametrize("value", VALUES)
def test_a_value_comes_back_as_it_was(value: Any) -> None:
    """What boto3 wrote is read too."""
    written = TypeSerializer().serialize(value)

    assert decoded(written) == TypeDeserializer().deserialize(written) == value
    assert type(decoded(written)) is not float


def test_a_float_is_not_written() -> None:
    """DynamoDB's numbers are decimal: a float would come back as another number."""
    with pytest.raises(TypeError, match="float"):
        encoded(1.5)


def test_a_kind_that_the_table_does_not_hold_is_refused() -> None:
    """A set in the table is not ours."""
    with pytest.raises(TypeError, match="SS"):
        decoded({"SS": ["a"]})
