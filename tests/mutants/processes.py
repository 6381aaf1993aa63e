"""Runs pytest in processes that are forked from one that has imported the libraries.

Importing them takes longer than most tests of the table.
"""

import gc
import multiprocessing
import os
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from tempfile import NamedTemporaryFile

from tests.mutants.rows import ROOT

LONGEST_SECONDS = 900
"""A test that takes longer has not caught the mistake: it may only wait for a time limit."""

LIBRARIES = [
    "aws_lambda_powertools.event_handler",
    "aws_lambda_powertools.utilities.batch",
    "aws_lambda_powertools.utilities.idempotency",
    "boto3",
    "hypothesis",
    "jsonata",
    "moto.ec2.models",
    "moto.dynamodb.responses",
    "moto.server",
    "moto.stepfunctions.parser.asl.parse.asl_parser",
    "openai",
    "pydantic",
    "pytest",
    "samtranslator.public.translator",
    "samtranslator.yaml_helper",
    "schemathesis.pytest.plugin",
    "sqlalchemy",
    "sqlglot",
]

QUIET = ["-q", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
"""Plugins that were imported before cannot be rewritten, and need not be."""

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(LIBRARIES)


def pytest_in(root: Path, arguments: Sequence[str], *, bytecode: bool) -> tuple[int | None, str]:
    """Runs pytest on the copy of the repository in `root`; returns its exit code and its output.

    The code is None if it took too long.
    """
    with NamedTemporaryFile("r", suffix=".log") as log:
        process = _context.Process(
            target=_run, args=(str(root), [*QUIET, *arguments], bytecode, log.name)
        )
        process.start()
        process.join(LONGEST_SECONDS)
        is_late = process.is_alive()
        process.kill()
        process.join()
        return None if is_late else process.exitcode, log.read()


def _run(root: str, arguments: list[str], bytecode: bool, log: str) -> None:
    """In the forked process: pytest, with the copy's code instead of the repository's."""
    installed = {str(ROOT), str(ROOT / "layers" / "understudy")}
    others = [each for each in sys.path if each and os.path.realpath(each) not in installed]
    sys.path[:] = [root, f"{root}/layers/understudy", *others]
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None) or ""
        if name.partition(".")[0] in ("tests", "local", "functions", "operate", "understudy"):
            assert not file or file.startswith(str(ROOT)), file
            del sys.modules[name]
    sys.dont_write_bytecode = not bytecode
    os.chdir(root)
    gc.freeze()  # pytest collects garbage several times, which need not look at the libraries
    import pytest

    with Path(log).open("w") as output, redirect_stdout(output), redirect_stderr(output):
        code = int(pytest.main(arguments))
    os._exit(code)
