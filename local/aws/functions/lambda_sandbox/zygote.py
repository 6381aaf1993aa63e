"""The process that loads the layers' libraries once and forks workers."""

import json
import os
import signal
import socket
import struct
import sys
from contextlib import suppress
from typing import Any

from . import frames
from .imports import own_packages, preload, restrict
from .worker import serve

_LENGTH = struct.Struct("!I")


def main(control_fd: int) -> None:
    """Forks a worker per order; kills all workers when the other side closes the connection."""
    control = socket.socket(fileno=control_fd)
    first = frames.receive(control)
    if first is None:
        return
    task_root, layers = first[0]["task_root"], first[0]["layers"]
    restrict(task_root, layers)
    preload([task_root, *own_packages(layers)])
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps workers
    with suppress(ConnectionError):  # the other side may have closed it already
        frames.send(control, {"ready": True})
    while (order := _receive_order(control)) is not None:
        settings, (connection_fd, log_fd) = order
        pid = os.fork()
        if pid == 0:
            control.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            serve(settings, socket.socket(fileno=connection_fd), log_fd)
            os._exit(0)
        os.close(connection_fd)
        os.close(log_fd)
        frames.send(control, {"pid": pid})
    os.killpg(0, signal.SIGKILL)


def _receive_order(control: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    """Reads a length together with two descriptors, then that many bytes of JSON."""
    try:
        length, fds, _, _ = socket.recv_fds(control, _LENGTH.size, 2)
    except ConnectionError:
        return None
    if not length:
        return None
    text = control.recv(_LENGTH.unpack(length)[0], socket.MSG_WAITALL)
    return json.loads(text), fds


def send_order(control: socket.socket, settings: dict[str, Any], fds: list[int]) -> None:
    """Sends an order to fork a worker with these settings and descriptors."""
    text = json.dumps(settings).encode()
    socket.send_fds(control, [_LENGTH.pack(len(text))], fds)
    control.sendall(text)


if __name__ == "__main__":
    main(int(sys.argv[1]))
