"""Shared by all suites: no AWS credentials, the sample events, the reasons of skipped tests."""

import gc
import json
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
pytest_plugins = ["tests.grants", "tests.shared_stack"]

# Before any client is made, so that no account, profile or instance metadata is used.
os.environ.update(
    AWS_ACCESS_KEY_ID="testing",
    AWS_SECRET_ACCESS_KEY="testing",
    AWS_DEFAULT_REGION="us-east-1",
    AWS_EC2_METADATA_DISABLED="true",
    AWS_CONFIG_FILE="/dev/null",
    AWS_SHARED_CREDENTIALS_FILE="/dev/null",
    POWERTOOLS_METRICS_NAMESPACE="Understudy",
)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Excludes what imports and collection made from all later garbage collections."""
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints in one line how many tests were skipped, and why."""
    reasons = Counter(
        report.longrepr[2].removeprefix("Skipped: ")
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple)
    )
    if reasons:
        listed = ", ".join(f"{count} ({reason})" for reason, count in reasons.most_common())
        terminalreporter.write_line(f"Skipped: {listed}")


@pytest.fixture(scope="session")
def load_event() -> Callable[[str, str], Any]:
    """Reads `events/<function>/<case>.json`."""

    def load(function: str, case: str) -> Any:
        return json.loads((ROOT / "events" / function / f"{case}.json").read_text())

    return load
