"""One local stack for all fault points of a test process. Its clock is advanced, never slept on."""

from collections.abc import Iterator

import pytest

from local.stack import Stack
from tests.faults.driver import Driver
from tests.faults.project import options

LONG = ("faults", "load")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselects the long suites unless `-m` selects them, as `make faults` and `make load` do."""
    if config.option.markexpr:
        return
    left_out = [item for item in items if any(map(item.get_closest_marker, LONG))]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="package")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    """The stack and the client that drives it."""
    with Stack(options(tmp_path_factory.mktemp("project"))) as stack:
        made = Driver(stack)
        made.hire()
        yield made
        made.close()
