"""The README's commands and code, run as a reader would."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.contract.test_readme import ROOT, blocks
from tests.limits import WAIT_SECONDS


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def clean_environment(**more: str) -> dict[str, str]:
    """Returns an environment without an AWS account or a provider's key."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "OPENAI_"))}
    return kept | more


@contextmanager
def serving(*arguments: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Runs `make local` until the block ends. Yields when it has printed that it is ready."""
    process = subprocess.Popen(
        [sys.executable, "-m", "local.serve", *arguments],
        cwd=ROOT,
        env=clean_environment(
            PYTHONUNBUFFERED="1", COLUMNS="400", UNDERSTUDY_ENV_FILE=str(folder / "env")
        ),  # in 400 columns no line of the output is wrapped
        stdout=subprocess.PIPE,
        text=True,
    )
    guard = threading.Timer(WAIT_SECONDS, process.kill)
    guard.start()
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if "Ctrl-C stops everything" in line:
                break
        else:
            pytest.fail("make local did not come up")
        yield process
    finally:
        guard.cancel()
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        assert process.wait(WAIT_SECONDS) == 0


def test_python_code_of_the_readme_runs_against_make_local(tmp_path: Path) -> None:
    """Only the port is replaced. The code prints a fact that the model recalls."""
    port = free_port()
    [code] = blocks("python")
    with serving("--port", str(port), "--api-key", "us-local-key", folder=tmp_path):
        values = (tmp_path / "env").read_text()
        assert f"http://127.0.0.1:{port}/v1" in values
        assert "us-local-key" in values
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code.replace("8080", str(port))],
            capture_output=True,
            text=True,
            timeout=WAIT_SECONDS,
            env=clean_environment(),
            check=True,
        )

    assert "Ada" in done.stdout
    assert not (tmp_path / "env").exists()


def test_make_demo_shows_all_scenes_and_returns_0() -> None:
    """The numbers of the answer are on the screen."""
    done = subprocess.run(
        ["make", "demo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=WAIT_SECONDS,
        env=clean_environment(COLUMNS="120"),
        check=False,
    )

    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    for shown in (
        "query_database", "book_meeting", "FetchResponse", "RunCancelled", "tokens",
        "each has an owner record", "The model is scripted", "25,031.75",
    ):  # fmt: skip
        assert shown in done.stdout


def test_make_demo_with_a_real_provider_needs_a_key() -> None:
    """`make demo PROVIDER=openai` without a key names the missing variable and fails."""
    done = subprocess.run(
        ["make", "demo", "PROVIDER=openai"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=WAIT_SECONDS,
        env=clean_environment(),
        check=False,
    )

    assert done.returncode != 0
    assert "OPENAI_API_KEY" in done.stdout


def test_taken_port_is_an_error_that_names_the_port(tmp_path: Path) -> None:
    """The program ends with status 1."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-m", "local.serve", "--port", port],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=WAIT_SECONDS,
            env=clean_environment(UNDERSTUDY_ENV_FILE=str(tmp_path / "env")),
            check=False,
        )

    assert done.returncode == 1
    assert port in done.stdout
