"""Lets containers reach servers that listen on the loopback interface only.

A container of `sam local` reaches the host at the address of its engine's bridge. Only the given
ports are forwarded from there.
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
    """No container engine is running."""


def bridge_address() -> str:
    """Returns this machine's address as seen from containers. Raises NoEngineError."""
    if shutil.which("docker") is None:
        raise NoEngineError("no container engine: the command docker is not installed")
    asked = ["docker", "network", "inspect", "bridge", "--format", "{{json .IPAM.Config}}"]
    answer = subprocess.run(asked, capture_output=True, text=True, timeout=30, check=False)
    if answer.returncode != 0:
        raise NoEngineError(f"the container engine does not respond: {answer.stderr.strip()}")
    [network, *_] = json.loads(answer.stdout)
    # Older engines do not report the gateway; it is the first address of the network.
    return str(network.get("Gateway") or ipaddress.ip_network(network["Subnet"])[1])


@contextmanager
def bridged(ports: Sequence[int], address: str) -> Iterator[None]:
    """Forwards ports from the bridge to loopback for as long as the context lasts."""
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
