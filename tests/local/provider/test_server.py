"""Starting and stopping the fake provider."""

from __future__ import annotations

import http.client
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from local.provider.server import FakeProvider
from tests.limits import WAIT_SECONDS


def test_taken_port_raises_os_error(server: FakeProvider) -> None:
    """The error names the port."""
    port = urlsplit(server.base_url).port or 0

    with pytest.raises(OSError, match=str(port)):
        FakeProvider(port=port)


def test_stop_frees_port_and_deletes_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After `stop` connections are refused and the folder of uploaded bytes is gone."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    running = FakeProvider()
    parts = urlsplit(running.base_url)
    assert list(tmp_path.iterdir())

    running.stop()

    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=WAIT_SECONDS)
    with pytest.raises(ConnectionRefusedError):
        connection.request("GET", "/v1/models")
    assert list(tmp_path.iterdir()) == []
