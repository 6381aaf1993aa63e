"""DynamoDB's units, by the examples and rules of its documentation."""

import pytest

from bench.units import Index, index_writes, item_size, read_units, write_units

OPEN_RUNS = Index("open_runs", ("open_run", "deadline"))


def item(size: int) -> dict[str, dict[str, str]]:
    """Returns an item of this size; its attribute's name takes two bytes."""
    return {"pk": {"S": "x" * (size - 2)}}


def test_item_size_is_the_sum_of_names_and_values() -> None:
    """Text counts in UTF-8, a number by its digits, a list with an overhead."""
    found = item_size(
        {
            "name": {"S": "é"},
            "n": {"N": "1234"},
            "yes": {"BOOL": True},
            "list": {"L": [{"S": "ab"}]},
            "map": {"M": {"k": {"NULL": True}}},
        }
    )

    assert found == (4 + 2) + (1 + 3) + (3 + 1) + (4 + 3 + 1 + 2) + (3 + 3 + 1 + 1 + 1)


@pytest.mark.parametrize(("size", "units"), [(2, 1), (1024, 1), (1025, 2), (3 * 1024, 3)])
def test_a_write_takes_a_unit_for_each_kilobyte_begun(size: int, units: int) -> None:
    """The item as a whole is rounded up."""
    assert write_units(None, item(size), [], transaction=False) == units


def test_a_write_counts_the_larger_image() -> None:
    """A write that makes an item smaller costs as much as the larger item."""
    assert write_units(item(5000), item(10), [], transaction=False) == 5


def test_a_transaction_writes_twice_but_its_index_once() -> None:
    """Each item is prepared and committed; an index entry is written once."""
    run = {"pk": {"S": "run"}, "open_run": {"S": "open"}, "deadline": {"N": "1"}}

    assert write_units(None, run, [OPEN_RUNS], transaction=True) == 2 + 1


@pytest.mark.parametrize(
    ("before", "after", "writes"),
    [
        ({}, {"open_run": {"S": "open"}}, 0),
        ({}, {"open_run": {"S": "open"}, "deadline": {"N": "1"}}, 1),
        ({"open_run": {"S": "open"}, "deadline": {"N": "1"}}, {}, 1),
        (
            {"open_run": {"S": "open"}, "deadline": {"N": "1"}},
            {"open_run": {"S": "open"}, "deadline": {"N": "1"}, "more": {"S": "x"}},
            0,
        ),
        (
            {"open_run": {"S": "starting"}, "deadline": {"N": "1"}},
            {"open_run": {"S": "open"}, "deadline": {"N": "1"}},
            2,
        ),
    ],
)
def test_an_index_is_written_when_its_keys_change(before, after, writes: int) -> None:  # type: ignore[no-untyped-def]
    """An added or removed entry is one write, a moved one two, an unchanged one none."""
    assert index_writes(before, after, OPEN_RUNS) == writes


@pytest.mark.parametrize(
    ("size", "consistent", "units"),
    [(0, True, 1), (4096, True, 1), (4097, True, 2), (9, False, 0.5)],
)
def test_a_read_takes_a_unit_for_each_four_kilobytes(
    size: int, consistent: bool, units: float
) -> None:
    """An eventually consistent read costs half; a read that finds no item costs too."""
    assert read_units(size, consistent=consistent) == units
