"""A local stack with additional tools."""

from collections.abc import Iterator

import pytest

from local.stack import Stack, StackOptions
from tests.limits import TIMEOUT_FACTOR
from tests.own_tools.calling import Caller
from tests.own_tools.project import PARAMETERS, make_project
from tests.stack_fixture import SCALE, client, fresh_provider
from tests.statemachine.paths import Paths

__all__ = ["client", "fresh_provider"]


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Starts a stack with the tools of this folder and the built-in ones."""
    options = StackOptions(
        api_key="us-test-key-of-the-suite",
        scale=SCALE,
        timeout_factor=TIMEOUT_FACTOR,
        webhooks=False,
        parameters=PARAMETERS,
        template=make_project(tmp_path_factory.mktemp("project")),
    )
    with Stack(options) as running:
        yield running


@pytest.fixture
def caller(stack: Stack) -> Iterator[Caller]:
    """Yields a caller whose key may do everything, and records the state machine's paths."""
    before, paths = stack.aws.on_history, Paths()
    stack.aws.on_history = paths.on_history
    with Caller(stack, stack.api_key, paths) as made:
        yield made
    stack.aws.on_history = before
    stack.aws.faults.clear()
