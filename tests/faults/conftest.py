"""One embedded stack for all fault points of a test process, driven and not slept through."""

from collections.abc import Iterator

import pytest

from local.stack import Stack
from tests.faults.driver import Driver
from tests.faults.project import options

LONG = ("faults", "load")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without `-m` the long suites stay out: `make faults` and `make load` ask for them."""
    if config.option.markexpr:
        return
    left_out = [item for item in items if any(map(item.get_closest_marker, LONG))]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="package")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    """The stack and what drives it."""
    with Stack(options(tmp_path_factory.mktemp("project"))) as stack:
        made = Driver(stack)
        made.hire()
        yield made
        made.close()
