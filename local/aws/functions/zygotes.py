"""Starts and talks to the processes that Lambda workers are forked from."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from local.aws.functions.lambda_sandbox import frames
from local.aws.functions.lambda_sandbox.zygote import send_order

_SANDBOX = Path(__file__).parent
# The folder is on the path only while the sandbox imports itself.
_START = (
    "import sys; sys.path.insert(0, sys.argv[2]); from lambda_sandbox.zygote import main;"
    " del sys.path[0]; main(int(sys.argv[1]))"
)

Key = tuple[Path, tuple[Path, ...]]
"""A code folder and the content folders of layers."""


class ZygoteError(RuntimeError):
    """A process that workers are forked from ended; its standard error says why."""


class Zygotes:
    """One zygote for each code folder and set of layers; all are forked from one process.

    That process imports what all of them share, so that boto3 and pydantic are imported once and
    not once for each zygote. It starts in the background.
    """

    def __init__(self, keys: Collection[Key]) -> None:
        task_root, candidates = min(keys, default=(Path(), ()))
        shared = [layer for layer in candidates if all(layer in layers for _, layers in keys)]
        self._control, far = socket.socketpair()
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", _START, str(far.fileno()), str(_SANDBOX)],
            pass_fds=[far.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env={},
            start_new_session=True,  # an interrupt in the terminal does not reach it
        )
        far.close()
        frames.send(self._control, _settings(task_root, shared))
        self._zygotes = {key: Zygote(self._control, *key) for key in sorted(keys)}

    def __getitem__(self, key: Key) -> "Zygote":
        return self._zygotes[key]

    def close(self) -> None:
        """End all zygotes and every worker that came from them."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._control.close()
        for zygote in self._zygotes.values():
            zygote.close()


class Zygote:
    """Forks workers; the first worker waits until the zygote has imported its libraries."""

    def __init__(self, parent: socket.socket, task_root: Path, layers: tuple[Path, ...]) -> None:
        self._control, far = socket.socketpair()
        self._lock = threading.Lock()
        self._ready = False
        with far:
            send_order(parent, _settings(task_root, layers), [far.fileno()])

    def fork(self, settings: dict[str, Any], connection: socket.socket, log_fd: int) -> int:
        """Start a worker that answers on the connection; returns its process id."""
        with self._lock:
            if not self._ready:
                self._answer()
                self._ready = True
            send_order(self._control, settings, [connection.fileno(), log_fd])
            pid: int = self._answer()["pid"]
        return pid

    def close(self) -> None:
        """Close the connection; Zygotes.close ends the process."""
        self._control.close()

    def _answer(self) -> dict[str, Any]:
        answer = frames.receive(self._control)
        if answer is None:
            raise ZygoteError("the process for Lambda workers ended")
        return answer[0]


def _settings(task_root: Path, layers: Iterable[Path]) -> dict[str, Any]:
    return {"task_root": str(task_root), "layers": [str(layer) for layer in layers]}
