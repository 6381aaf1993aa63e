"""One local stack for all fault points of a test process; its clock is driven."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from local.stack import Stack
from tests.faults.driver import Driver
from tests.faults.points import all_points, rotating
from tests.faults.progress import Progress
from tests.faults.project import options

LONG = ("faults", "load")
SAMPLE, SEED = "FAULTS_SAMPLE", "FAULTS_SEED"
"""Variables of `make faults SAMPLE=60 SEED=abc`: how many points, and what decides which."""


def pytest_configure(config: pytest.Config) -> None:
    """Shows the progress of `make faults`, in the process that prints."""
    if config.option.markexpr == "faults" and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Progress(config))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without `-m` the long suites stay out: `make faults` and `make load` ask for them."""
    if config.option.markexpr:
        left_out = not_sampled(items) if SAMPLE in os.environ else []
    else:
        left_out = [item for item in items if any(map(item.get_closest_marker, LONG))]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        out = set(left_out)
        items[:] = [item for item in items if item not in out]


def not_sampled(items: list[pytest.Item]) -> list[pytest.Item]:
    """The tests that play no point of the sample."""
    number, seed = int(os.environ[SAMPLE]), os.environ.get(SEED, "")
    chosen = {point.id for point in rotating(all_points(), number, seed)}
    return [item for item in items if _point_of(item) not in chosen]


def _point_of(item: Any) -> str | None:
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    point: str | None = getattr(parameters.get("point"), "id", None)
    return point


@pytest.fixture(scope="package")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    """Drives the stack."""
    with Stack(options(tmp_path_factory.mktemp("project"))) as stack:
        made = Driver(stack)
        made.hire()
        yield made
        made.close()
