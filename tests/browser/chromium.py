"""A Chromium for the tests of pages, and the check for accessibility."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, sync_playwright

from tests.limits import WAIT_SECONDS

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
REQUIRED = "UNDERSTUDY_BROWSER_TESTS"
"""`required` makes tests fail where no Chromium is found; .ci/run sets it."""

MISSING = "no Chromium is installed; on Debian: apt-get install chromium"
DESKTOP = {"width": 1280, "height": 860}
PHONE = {"width": 390, "height": 844}


@contextmanager
def launched() -> Iterator[Browser]:
    """Starts the Chromium of this machine. Skips the test without one."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None and os.environ.get(REQUIRED) == "required":
        pytest.fail(MISSING)
    if program is None:
        pytest.skip(MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def opened(browser: Browser, **options: Any) -> Iterator[Page]:
    """Opens a page that fails the test if a script fails or the page's policy blocks something."""
    problems: list[str] = []
    context = browser.new_context(**{"viewport": DESKTOP, **options})
    context.set_default_timeout(WAIT_SECONDS * 1000)
    page = context.new_page()
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda entry: problems.extend(_problem(entry.type, entry.text)))
    yield page
    context.close()
    if problems:
        pytest.fail("\n".join(problems))


def _problem(kind: str, text: str) -> list[str]:
    """Returns an error of the page; responses with an error status are what some tests want."""
    return [text] if kind == "error" and "Failed to load resource" not in text else []


def violations(page: Page) -> list[str]:
    """Returns what axe finds wrong with the page as it is now."""
    page.evaluate(AXE_SCRIPT)
    found: Any = page.evaluate("axe.run()")
    return [
        f"{rule['id']}: {node['html'][:120]}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]
