"""One embedded stack for all fault points of a test process, driven and not slept through."""

from collections.abc import Iterator

import pytest

from local.stack import Stack
from tests.faults.driver import Driver, options


@pytest.fixture(scope="package")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    """The stack and what drives it."""
    with Stack(options(tmp_path_factory.mktemp("project"))) as stack:
        made = Driver(stack)
        made.hire()
        yield made
        made.close()
