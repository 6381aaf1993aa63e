"""A process with the libraries of some layers loaded, from which workers are forked."""

import json
import os
import signal
import socket
import struct
import sys
from contextlib import suppress
from typing import Any

from . import frames, warm
from .layers import own_packages, restrict
from .worker import serve

_LENGTH = struct.Struct("!I")


def main(control_fd: int) -> None:
    """Fork a worker for every order that comes; end, and end all workers, with the other side."""
    control = socket.socket(fileno=control_fd)
    first = frames.receive(control)
    if first is None:
        return
    task_root, layers = first[0]["task_root"], first[0]["layers"]
    restrict(task_root, layers)
    warm.load([task_root, *own_packages(layers)])
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps workers
    with suppress(ConnectionError):  # the other side may be gone already
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
    """A length with two descriptors beside it, then that many bytes of JSON."""
    try:
        length, fds, _, _ = socket.recv_fds(control, _LENGTH.size, 2)
    except ConnectionError:
        return None
    if not length:
        return None
    text = control.recv(_LENGTH.unpack(length)[0], socket.MSG_WAITALL)
    return json.loads(text), fds


def send_order(control: socket.socket, settings: dict[str, Any], fds: list[int]) -> None:
    text = json.dumps(settings).encode()
    socket.send_fds(control, [_LENGTH.pack(len(text))], fds)
    control.sendall(text)


if __name__ == "__main__":
    main(int(sys.argv[1]))
