"""Fixtures of the tests that run the real state machine on the local stack."""

from collections.abc import Iterator

import pytest
from openai import OpenAI
from understudy.domain.budgets import Limits

from local.stack import Stack
from tests.stack_fixture import client, control, fresh_provider, stack
from tests.statemachine.ends import TENANT
from tests.statemachine.paths import Paths

__all__ = ["client", "control", "fresh_provider", "stack"]


@pytest.fixture
def paths(stack: Stack) -> Iterator[Paths]:
    """Returns the paths of the executions that start during the test."""
    before, listening = stack.aws.on_history, Paths()
    stack.aws.on_history = listening.on_history
    yield listening
    stack.aws.on_history = before


@pytest.fixture
def tenant(stack: Stack) -> Iterator[OpenAI]:
    """Returns a client of a tenant with a budget, which the end of a run has to settle."""
    key = "us-test-key-of-a-limited-tenant"
    stack.add_key(key, TENANT, limits=Limits(tenant_month_usd=100))
    with OpenAI(base_url=stack.base_url, api_key=key, max_retries=0) as client:
        yield client
