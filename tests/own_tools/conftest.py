"""A stack with tools of its own, for the tests of this folder."""

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
    """The whole system with the tools of this folder beside the built-in ones."""
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
    """The caller whose key may do everything, with an ear at the state machine."""
    before, paths = stack.aws.on_history, Paths()
    stack.aws.on_history = paths.on_history
    with Caller(stack, stack.api_key, paths) as made:
        yield made
    stack.aws.on_history = before
    stack.aws.faults.clear()
