"""Processes that have imported the libraries of some layers, from which workers are forked."""

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
    """Import what all functions share, then fork a zygote for each set of layers that is ordered.

    Each zygote imports the rest of its own layers. Everything ends with the other side: the
    processes are one group, and the first of them that sees its socket closed kills it.
    """
    control = socket.socket(fileno=control_fd)
    first = frames.receive(control)
    if first is None:
        return
    shared = first[0]["layers"]
    restrict(first[0]["task_root"], shared)
    preload(own_packages(shared))
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps workers
    while (order := _receive_order(control)) is not None:
        settings, (zygote_fd,) = order
        if os.fork() == 0:
            control.close()
            _fork_workers(settings, socket.socket(fileno=zygote_fd))
        os.close(zygote_fd)
    os.killpg(0, signal.SIGKILL)


def _fork_workers(settings: dict[str, Any], control: socket.socket) -> None:
    task_root, layers = settings["task_root"], settings["layers"]
    restrict(task_root, layers)
    preload([task_root, *own_packages(layers)])
    with suppress(ConnectionError):  # the other side may be gone already
        frames.send(control, {"ready": True})
    while (order := _receive_order(control)) is not None:
        worker_settings, (connection_fd, log_fd) = order
        pid = os.fork()
        if pid == 0:
            control.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            serve(worker_settings, socket.socket(fileno=connection_fd), log_fd)
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
