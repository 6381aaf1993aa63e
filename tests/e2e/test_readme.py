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
    """A reader's environment: no AWS account and no key of a provider."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "OPENAI_"))}
    return kept | more


@contextmanager
def serving(*arguments: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """`make local` until the block ends; ready once it has said that everything answers."""
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


def test_the_python_block_gets_its_answer_from_make_local(tmp_path: Path) -> None:
    """The code of the README, unchanged but for the port, prints what the model remembers."""
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


def test_make_demo_shows_the_conversation_and_ends_well() -> None:
    """All scenes come out, the answer's numbers are on screen, the status is 0."""
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


def test_a_real_provider_is_asked_only_with_a_key() -> None:
    """`PROVIDER=openai` without a key says what is missing and fails."""
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


def test_a_taken_port_is_a_clear_error(tmp_path: Path) -> None:
    """Another program's port is named, and nothing is left running."""
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
