"""`/v1/docs` in a real browser, where one is installed."""

import shutil
import subprocess
from pathlib import Path

import pytest
import requests

from local.stack import Stack
from tests.limits import WAIT_SECONDS

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
QUIET = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture
def browser() -> str:
    """Returns the path of the browser."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip(f"none of {', '.join(BROWSERS)} is installed, so no page is looked at")
    return found


def rendered(browser: str, url: str, profile: Path) -> str:
    """Returns the page after its scripts have run."""
    done = subprocess.run(
        [browser, *QUIET, f"--user-data-dir={profile}", "--virtual-time-budget=5000",
         "--dump-dom", url],
        capture_output=True, text=True, timeout=WAIT_SECONDS, check=True,
    )  # fmt: skip
    return done.stdout


def test_page_shows_every_operation(stack: Stack, browser: str, tmp_path: Path) -> None:
    """It reads the document without a key, and opens the operation that the link names."""
    api = requests.get(f"{stack.base_url}/openapi.json", timeout=WAIT_SECONDS).json()
    operations = [each for methods in api["paths"].values() for each in methods.values()]

    page = rendered(browser, f"{stack.base_url}/docs#createRun", tmp_path)

    entries = page.split("<details ")[1:]
    assert len(entries) == len(operations)
    assert all(f'id="{each["operationId"]}"' in page for each in operations)
    [opened] = [each for each in entries if 'open=""' in each.partition(">")[0]]
    assert 'id="createRun"' in opened
    assert "assistant_id*" in opened
