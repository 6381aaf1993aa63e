"""Messages between local AWS and its worker processes: a JSON header and a payload."""

import json
import socket
import struct
from typing import Any

_LENGTHS = struct.Struct("!II")


def send(connection: socket.socket, header: dict[str, Any], payload: bytes = b"") -> None:
    """Sends one message."""
    text = json.dumps(header).encode()
    connection.sendall(_LENGTHS.pack(len(text), len(payload)) + text + payload)


def receive(connection: socket.socket) -> tuple[dict[str, Any], bytes] | None:
    """Returns the next message; None when the other side has closed the connection."""
    lengths = _exactly(connection, _LENGTHS.size)
    if lengths is None:
        return None
    text_length, payload_length = _LENGTHS.unpack(lengths)
    text = _exactly(connection, text_length)
    payload = _exactly(connection, payload_length)
    if text is None or payload is None:
        return None
    return json.loads(text), payload


def _exactly(connection: socket.socket, count: int) -> bytes | None:
    parts = bytearray()
    while len(parts) < count:
        try:
            part = connection.recv(count - len(parts))
        except ConnectionError:
            return None
        if not part:
            return None
        parts += part
    return bytes(parts)
