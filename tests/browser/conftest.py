"""These tests open the console of the local stack in a real browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from local.stack import Stack
from tests.browser.chromium import launched, opened
from tests.e2e.bucket import Bucket
from tests.stack_fixture import client, control, fresh_provider, stack

__all__ = ["client", "control", "fresh_provider", "stack"]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with launched() as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of a window without a session."""
    with opened(browser) as made:
        yield made


@pytest.fixture
def console(page: Page, stack: Stack) -> Page:
    """The console, opened with the stack's key."""
    sign_in(page, stack)
    return page


@pytest.fixture
def bucket(stack: Stack) -> Bucket:
    return Bucket(stack)


def sign_in(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.base_url}/console")
    page.get_by_label("API key").fill(stack.api_key)
    page.get_by_role("button", name="Open the console").click()
    page.get_by_role("navigation", name="Pages").wait_for()
