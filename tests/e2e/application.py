"""The receiver of an application's webhooks: a real HTTP server on this machine."""

import datetime
import ipaddress
import ssl
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from understudy.domain.webhooks import Delivery, check_age, verify

from tests.limits import WAIT_SECONDS


@dataclass(frozen=True)
class Received:
    """One request that came in; header names are in lower case."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float

    def check(self, secret: str) -> None:
        """Raises InvalidRequestError if the signature or its age at arrival is wrong."""
        delivery = Delivery(
            self.headers["webhook-id"],
            self.headers["webhook-timestamp"],
            self.headers["webhook-signature"],
            self.body,
        )
        verify(delivery, secret)
        check_age(delivery, self.at)


class Application:
    """Answers each request with the next status, and with the last one from then on.

    With a `certificate` (PEM with its key) it speaks TLS.
    """

    def __init__(self, statuses: Sequence[int] = (204,), certificate: Path | None = None) -> None:
        self._scheme = "https" if certificate else "http"
        self._statuses = list(statuses)
        self._received: list[Received] = []
        self._changed = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "Application":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def received(self, count: int) -> list[Received]:
        """All requests, once there are so many; fewer fail the test."""
        with self._changed:
            came = self._changed.wait_for(lambda: len(self._received) >= count, WAIT_SECONDS)
            assert came, f"{len(self._received)} of {count} requests came"
            return list(self._received)

    def _note(self, received: Received) -> int:
        with self._changed:
            self._received.append(received)
            self._changed.notify_all()
            return self._statuses.pop(0) if len(self._statuses) > 1 else self._statuses[0]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        application = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                body = self.rfile.read(int(headers["content-length"]))
                self.send_response(
                    application._note(Received(self.path, headers, body, time.time()))
                )
                self.send_header("location", "/elsewhere")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """A test does not write to the terminal."""

        return Handler


def own_certificate(folder: Path) -> Path:
    """Creates a self-signed certificate for this machine, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    today = datetime.datetime.now(datetime.UTC)
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.IPv4Address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today)
        .not_valid_after(today + datetime.timedelta(days=1))
        .add_extension(here, critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "certificate.pem"
    path.write_bytes(made.public_bytes(pem) + private)
    return path
