"""A copy of the repository, in which mistakes are made and tests are run."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.processes import pytest_in
from tests.mutants.rows import DoesNotApplyError, Mutant

SHOWN_LINES = 15
FAILED = 1
"""The exit code of pytest if tests failed; others mean that none could run."""

_FAILURES = re.compile(r"^\d+ failed\b", re.MULTILINE)


@dataclass(frozen=True)
class Result:
    """What became of a mutant: `outcome` is `caught` if its test failed."""

    outcome: str
    seconds: float = 0.0
    output: str = ""


@dataclass(frozen=True)
class Tree:
    """A copy of the repository in `root`."""

    root: Path

    @classmethod
    def copied(cls, source: Path, root: Path) -> "Tree":
        """Copies the files that git knows or would add."""
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=source, check=True, capture_output=True).stdout
        for name in listed.decode().split("\0"):
            if name and (source / name).exists():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source / name, root / name, follow_symlinks=False)
        return cls(root)

    def problem_without_mistakes(self, tests: Sequence[str]) -> str | None:
        """Runs the tests on the unchanged code; returns the output if one of them fails.

        Writes bytecode, which makes the later runs faster.
        """
        code, output = pytest_in(self.root, [*dict.fromkeys(tests)], bytecode=True)
        return None if code == 0 else output

    def judged(self, mutant: Mutant) -> Result:
        """Makes the mistake, runs the test and takes the mistake back."""
        path, started = self.root / mutant.file, time.monotonic()
        text, times = path.read_text(), path.stat()
        try:
            path.write_text(mutant.applied(text))
            # Bytecode is found by size and whole seconds of the time of a change.
            os.utime(path, (times.st_atime, times.st_mtime + 60))
            code, output = pytest_in(self.root, ["-x", mutant.test], bytecode=False)
        except DoesNotApplyError as error:
            return Result("DOES NOT APPLY", output=str(error))
        finally:
            path.write_text(text)
            os.utime(path, (times.st_atime, times.st_mtime))
        return Result(_outcome(code, output), time.monotonic() - started, _end_of(output))


def _outcome(code: int | None, output: str) -> str:
    if code is None:
        return "TIMED OUT"
    if code == 0:
        return "NOT CAUGHT"
    return "caught" if code == FAILED and _FAILURES.search(output) else "BROKEN"


def _end_of(output: str) -> str:
    return "\n".join(output.splitlines()[-SHOWN_LINES:])
