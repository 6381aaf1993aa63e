"""Running the stand-in as a process of its own."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import IO

from local.provider.control.client import ControlClient

_ROOT = Path(__file__).resolve().parents[2]
_READY_SECONDS = 15.0
_STOP_SECONDS = 5.0


class ProviderNotReadyError(Exception):
    """The process ended, or said nothing, before it could answer."""


class ProviderProcess:
    """A stand-in in its own process, ready once this returns.

    It ends with `stop()`, at the end of a `with` block, or with the process that started it.
    `base_url` ends in `/v1` and is what an OpenAI client takes; `control` drives it.
    """

    def __init__(
        self,
        *,
        key: str = "sk-local",
        host: str = "127.0.0.1",
        port: int = 0,
        log: IO[str] | None = None,
    ) -> None:
        self.key = key
        command = [sys.executable, "-m", "local.provider", "--exit-with-stdin"]
        command += ["--host", host, "--port", str(port), "--key", key]
        self._process = subprocess.Popen(
            command,
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        try:
            self.base_url = self._first_line()
        except ProviderNotReadyError:
            self.stop()
            raise
        self.control = ControlClient(self.base_url)

    def stop(self) -> None:
        """End the process and wait until it is gone."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(_STOP_SECONDS)

    def __enter__(self) -> ProviderProcess:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _why_not_ready(self) -> str:
        try:
            code = self._process.wait(1)
        except subprocess.TimeoutExpired:
            return f"the stand-in gave no address within {_READY_SECONDS} s"
        return f"the stand-in ended with exit code {code}; is its port taken?"

    def _first_line(self) -> str:
        lines: list[str] = []
        assert self._process.stdout is not None
        reader = threading.Thread(
            target=lambda out: lines.append(out.readline()),
            args=(self._process.stdout,),
            daemon=True,
        )
        reader.start()
        reader.join(_READY_SECONDS)
        if not lines or not lines[0].strip():
            raise ProviderNotReadyError(self._why_not_ready())
        return lines[0].strip()
