"""Starting and stopping the stand-in as a process."""

from __future__ import annotations

import http.client
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from local.provider.process import ProviderNotReadyError, ProviderProcess


def test_a_taken_port_is_a_clear_error(process: ProviderProcess) -> None:
    """A second stand-in on the same port does not start, and says why."""
    port = urlsplit(process.base_url).port or 0

    with pytest.raises(ProviderNotReadyError, match="is its port taken"):
        ProviderProcess(port=port)


def test_nothing_is_left_after_stopping() -> None:
    """After `stop` the address answers no more."""
    running = ProviderProcess()
    parts = urlsplit(running.base_url)
    running.stop()

    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=5)
    with pytest.raises(ConnectionRefusedError):
        connection.request("GET", "/_control/health")


def test_the_module_writes_its_port_and_ends_on_sigterm(tmp_path: Path) -> None:
    """`python -m local.provider` prints the base URL, writes the port, and ends when told."""
    portfile = tmp_path / "port"
    command = [sys.executable, "-m", "local.provider", "--portfile", str(portfile)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        base_url = running.stdout.readline().strip()
        running.terminate()
        status = running.wait(10)

    assert base_url == f"http://127.0.0.1:{portfile.read_text().strip()}/v1"
    assert status == 0
