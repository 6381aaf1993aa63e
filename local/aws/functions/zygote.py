"""The near side of a process that workers are forked from."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
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


class ZygoteError(RuntimeError):
    """The process that workers come from could not be started; its standard error says why."""


class Zygote:
    """Starts at once and in the background; the first worker waits until it is ready."""

    def __init__(self, task_root: Path, layers: Sequence[Path]) -> None:
        self._control, far = socket.socketpair()
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", _START, str(far.fileno()), str(_SANDBOX)],
            pass_fds=[far.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env={},
            start_new_session=True,  # so that an interrupt in the terminal leaves it alone
        )
        far.close()
        self._lock = threading.Lock()
        self._ready = False
        frames.send(
            self._control,
            {"task_root": str(task_root), "layers": [str(layer) for layer in layers]},
        )

    def fork(self, settings: dict[str, Any], connection: socket.socket, log_fd: int) -> int:
        """Start a worker that answers on the connection; its process id."""
        with self._lock:
            if not self._ready:
                self._answer()
                self._ready = True
            send_order(self._control, settings, [connection.fileno(), log_fd])
            pid: int = self._answer()["pid"]
        return pid

    def close(self) -> None:
        """End the process and every worker that came from it."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._control.close()

    def _answer(self) -> dict[str, Any]:
        answer = frames.receive(self._control)
        if answer is None:
            raise ZygoteError("the process for Lambda workers ended")
        return answer[0]
