"""One local stack for several packages of tests. Starting a stack takes about 8 s of CPU time."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from local.stack import Stack, StackOptions
from tests.limits import TIMEOUT_FACTOR

SCALE = 0.05
"""A second of a wait lasts 50 ms."""

SHARED_BY = ("browser", "e2e", "sdk", "statemachine")
ONE_WORKER = ("browser", "faults", "own_tools")
"""Packages with a stack of their own. Each runs in one process of xdist, so that it starts once."""

_FOLDER = Path(__file__).parent
_open = ExitStack()
_running: list[Stack] = []


def shared_stack() -> Stack:
    """Returns the running stack, or starts it: waits are shorter, runs poll the fake provider."""
    if not _running:
        options = StackOptions(
            api_key="us-test-key-of-the-suite",
            scale=SCALE,
            timeout_factor=TIMEOUT_FACTOR,
            webhooks=False,
        )
        _running.append(_open.enter_context(Stack(options)))
    return _running[0]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the packages that share the stack first, and gives xdist its groups: files, packages."""
    items.sort(key=lambda item: _package(item) not in SHARED_BY)
    for item in items:
        package = _package(item)
        group = package if package in ONE_WORKER else item.nodeid.partition("::")[0]
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Stops the stack after its last package: a process can run only one local AWS."""
    if _package(item) not in SHARED_BY:
        _stop()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish() -> None:
    """Stops the stack if the last test used it, before tests/grants.py reads the rights it used."""
    _stop()


def _package(item: pytest.Item) -> str:
    return item.path.relative_to(_FOLDER).parts[0] if item.path.is_relative_to(_FOLDER) else ""


def _stop() -> None:
    _running.clear()
    _open.close()
