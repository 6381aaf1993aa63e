"""Durations of the test suite and the demo."""

import subprocess
import time

from bench.artifact import ROOT
from bench.progress import tell
from bench.report import Section, Table


def measure() -> Section:
    """Times both commands. Raises CalledProcessError if one fails."""
    section = Section("Test suite and demo")
    section.text = ["Wall time on this machine, environment installed."]
    section.tables = [
        Table(("command", "seconds"), [_timed("make", target) for target in ("test", "demo")])
    ]
    return section


def _timed(*command: str) -> tuple[str, str]:
    tell(" ".join(command))
    started = time.monotonic()
    subprocess.run(command, cwd=ROOT, check=True, stdin=subprocess.DEVNULL, capture_output=True)
    return f"`{' '.join(command)}`", f"{time.monotonic() - started:.0f}"
