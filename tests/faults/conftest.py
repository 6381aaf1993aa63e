"""One embedded stack for all fault points of a test process, driven and not slept through."""

from collections.abc import Iterator

import pytest

from local.stack import Stack
from tests.faults.driver import OPTIONS, Driver


@pytest.fixture(scope="package")
def driver() -> Iterator[Driver]:
    """The stack and what drives it."""
    with Stack(OPTIONS) as stack:
        made = Driver(stack)
        made.hire()
        yield made
        made.close()
