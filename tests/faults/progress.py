"""Progress and remaining time of a long run of tests, and the command that repeats a failed one."""

import time
from typing import Any

import pytest

EVERY_SECONDS = 10.0


class Progress:
    """A plugin that prints a line now and then instead of a dot for each test."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._total = self._done = 0
        self._first = self._printed = time.monotonic()
        self._failed: list[str] = []

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._total = len(session.items) or self._total

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """All workers collect the same tests."""
        self._total = len(ids)

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Prints no dot for a test that passed."""
        return ("passed", "", "") if report.passed and report.when == "call" else None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._failed.append(report.nodeid)
        if report.when != "call":
            return
        self._done += 1
        now = time.monotonic()
        if self._done == 1:
            self._first = now  # the time before it started the stacks
        elif now - self._printed >= EVERY_SECONDS or self._done == self._total:
            self._printed = now
            self._print(now)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Prints a command for each test that failed."""
        for name in dict.fromkeys(self._failed):
            terminalreporter.write_line(f"Repeat it: {command_for(name)}")

    def _print(self, now: float) -> None:
        left = (now - self._first) / (self._done - 1) * (self._total - self._done)
        terminal: Any = self._config.pluginmanager.get_plugin("terminalreporter")
        terminal.write_line(f"{self._done:,} of {self._total:,}, {shown_time(left)} left")


def command_for(test: str) -> str:
    """Returns the command that repeats a test: by the id of its point, or by its name."""
    _, is_point, point = test.partition("test_points.py::test_every_point_is_survived[")
    return f"make faults POINT='{point[:-1]}'" if is_point else f"make faults FILE='{test}'"


def shown_time(seconds: float) -> str:
    """Returns minutes and seconds."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d} min"
