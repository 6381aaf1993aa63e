"""Lets containers reach servers that listen on the loopback interface only.

A container of `sam local` sees the host at the address of its engine's bridge. What listens there
is this and nothing else, and only on the ports that are asked for.
"""

import ipaddress
import json
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

LOOPBACK = "127.0.0.1"
_CHUNK = 65536


class NoEngineError(Exception):
    """There is no container engine that runs."""


def bridge_address() -> str:
    """The address under which containers see this machine. Raises NoEngineError."""
    if shutil.which("docker") is None:
        raise NoEngineError("no container engine: the command docker is not there")
    asked = ["docker", "network", "inspect", "bridge", "--format", "{{json .IPAM.Config}}"]
    answer = subprocess.run(asked, capture_output=True, text=True, timeout=30, check=False)
    if answer.returncode != 0:
        raise NoEngineError(f"no container engine answers: {answer.stderr.strip()}")
    [network, *_] = json.loads(answer.stdout)
    # Older engines do not tell the gateway; it is the first address of the network.
    return str(network.get("Gateway") or ipaddress.ip_network(network["Subnet"])[1])


@contextmanager
def bridged(ports: Sequence[int], address: str) -> Iterator[None]:
    """Each port of the loopback interface is also one of the bridge, until this ends."""
    with ExitStack() as opened:
        for port in ports:
            server = socket.create_server((address, port))
            opened.callback(server.close)
            threading.Thread(target=_serve, args=(server, port), daemon=True).start()
        yield


def _serve(server: socket.socket, port: int) -> None:
    while True:
        try:
            outside, _ = server.accept()
        except OSError:
            return  # closed
        inside = socket.create_connection((LOOPBACK, port))
        for source, target in ((outside, inside), (inside, outside)):
            threading.Thread(target=_pass_on, args=(source, target), daemon=True).start()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    try:
        while chunk := source.recv(_CHUNK):
            target.sendall(chunk)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        for each in (source, target):
            each.close()
