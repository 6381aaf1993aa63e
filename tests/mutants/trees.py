"""A copy of the repository, in which mistakes are made and tests are run."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.rows import DoesNotApplyError, Mutant

LONGEST_SECONDS = 600
"""A test that takes longer has not caught the mistake: it may only wait for a time limit."""

SHOWN_LINES = 15
_FAILED = re.compile(r"^\d+ failed\b", re.MULTILINE)


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
    def copied(cls, source: Path, root: Path, *, tracked_only: bool = True) -> "Tree":
        """Copies the files that git knows or would add, or everything, also bytecode."""
        if not tracked_only:
            shutil.copytree(source, root, symlinks=True)
            return cls(root)
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=source, check=True, capture_output=True).stdout
        for name in listed.decode().split("\0"):
            if name and (source / name).exists():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source / name, root / name, follow_symlinks=False)
        return cls(root)

    def problem_without_mistakes(self, tests: Sequence[str], jobs: int) -> str | None:
        """Runs the tests on the unchanged code; returns the output if one of them fails."""
        distributed = ["-n", str(jobs), "--dist", "loadgroup", "--no-loadscope-reorder"]
        done = self._pytest([*distributed, *dict.fromkeys(tests)], bytecode=True)
        return None if done.returncode == 0 else done.stdout + done.stderr

    def judged(self, mutant: Mutant) -> Result:
        """Makes the mistake, runs the test and takes the mistake back."""
        path, started = self.root / mutant.file, time.monotonic()
        text, times = path.read_text(), path.stat()
        try:
            path.write_text(mutant.applied(text))
            # Bytecode is found by size and whole seconds of the time of a change.
            os.utime(path, (times.st_atime, times.st_mtime + 60))
            done = self._pytest(["-x", mutant.test], bytecode=False)
        except DoesNotApplyError as error:
            return Result("DOES NOT APPLY", output=str(error))
        except subprocess.TimeoutExpired:
            return Result("TIMED OUT", LONGEST_SECONDS)
        finally:
            path.write_text(text)
            os.utime(path, (times.st_atime, times.st_mtime))
        output = "\n".join((done.stdout + done.stderr).splitlines()[-SHOWN_LINES:])
        if done.returncode == 0:
            return Result("NOT CAUGHT", time.monotonic() - started, output)
        is_failure = done.returncode == 1 and _FAILED.search(done.stdout) is not None
        return Result("caught" if is_failure else "BROKEN", time.monotonic() - started, output)

    def _pytest(
        self, arguments: Sequence[str], *, bytecode: bool
    ) -> subprocess.CompletedProcess[str]:
        environment = {
            name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
        } | ({} if bytecode else {"PYTHONDONTWRITEBYTECODE": "1"})
        # Before the repository that is installed as editable.
        folders = [self.root, self.root / "layers" / "understudy"]
        environment["PYTHONPATH"] = os.pathsep.join(map(str, folders))
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-q", *arguments],
            cwd=self.root,
            env=environment,
            capture_output=True,
            text=True,
            timeout=LONGEST_SECONDS,
        )
