"""The table of mistakes fits the code and covers every guarantee; `make mutants` runs it."""

import ast
import re
from itertools import chain

import pytest
from understudy.http.operations import conversations, files

from tests.mutants.rows import AREAS, ROOT, DoesNotApplyError, Mutant, all_mutants, guarantees

MUTANTS = all_mutants()
IDS = {
    name
    for operation in chain(conversations.OPERATIONS, files.OPERATIONS)
    for name in re.findall(r"\{(\w+)\}", operation.path)
} - {"model", "name", "release"}
"""The ids in the paths of requests. A model and a file of the console have no owner."""


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_mistake_can_be_made_in_the_code_as_it_is(mutant: Mutant) -> None:
    """If not, the code has changed: change the row, and run it with `make mutants NAMES=…`."""
    text = (ROOT / mutant.file).read_text()

    changed = mutant.applied(text)

    assert changed != text
    if mutant.file.endswith(".py"):
        ast.parse(changed)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_test_that_must_fail_exists(mutant: Mutant) -> None:
    """A row names one test, without its parameters."""
    file, _, name = mutant.test.partition("::")
    tree = ast.parse((ROOT / file).read_text())

    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert name in defined


def test_every_guarantee_has_a_mutant() -> None:
    """Of docs/reliability.md, and of the other areas; a row names one of them exactly."""
    assert len(guarantees()) >= 12
    assert {mutant.guarantee for mutant in MUTANTS} == {*guarantees(), *AREAS}


def test_every_id_of_a_request_has_a_mutant_without_its_owner_check() -> None:
    """Of paths; bodies name assistants, files and vector stores, which are among them."""
    assert {each for mutant in MUTANTS for each in mutant.ids} == IDS


def test_row_that_no_longer_fits_is_an_error() -> None:
    """Text that is missing or ambiguous is not replaced."""
    [mutant] = [each for each in MUTANTS if each.name == "cancel-wakes-nothing"]

    for text in ("", mutant.old * 2):
        with pytest.raises(DoesNotApplyError):
            mutant.applied(text)
