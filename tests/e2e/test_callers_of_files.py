"""Rate limits, tokens and idempotency keys also apply to requests on files."""

import ipaddress
import json
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx2
import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from openai import AuthenticationError, OpenAI
from understudy.domain.budgets import Limits

from local.ledger import live_objects
from local.stack import Stack
from tests.e2e.bucket import CSV
from tests.e2e.conversations import ended
from tests.limits import WAIT_SECONDS

SERVED = ("ApiFunction", "FilesFunction", "StreamRunFunction", "ForwardRequestFunction")
HOST = "127.0.0.1"
KEY_ID = "one"


def test_repeated_upload_with_the_same_idempotency_key_stores_one_file(
    stack: Stack, client: OpenAI
) -> None:
    """The second response equals the first. Another body with the same key is a conflict."""
    headers = {"Idempotency-Key": "upload-of-sales"}
    sent = {"purpose": "assistants", "extra_headers": headers}

    first = client.files.create(file=("sales.csv", CSV), **sent)
    again = client.files.create(file=("sales.csv", CSV), **sent)

    assert again == first
    assert len(live_objects(stack, "file")) == 1


def test_rejected_upload_can_be_retried_with_the_same_key(client: OpenAI) -> None:
    """The retry succeeds once its cause is removed."""
    url = f"{client.base_url}uploads/upload_unknown/cancel"
    headers = {"authorization": f"Bearer {client.api_key}", "idempotency-key": "cancel-it"}

    answers = [httpx2.post(url, headers=headers, timeout=WAIT_SECONDS) for _ in range(2)]

    assert [each.status_code for each in answers] == [404, 404]
    assert "idempotent-replayed" not in answers[1].headers


def test_request_limit_counts_requests_on_files(stack: Stack) -> None:
    """Of more than twice the requests allowed per minute, some get a 429 on any machine."""
    key = "us-key-of-few-requests"
    stack.add_key(key, "few-requests", limits=Limits(requests_per_minute=2))
    headers = {"authorization": f"Bearer {key}"}

    answers = [
        httpx2.get(f"{stack.base_url}/files", headers=headers, timeout=WAIT_SECONDS)
        for _ in range(5)
    ]

    assert {each.status_code for each in answers} == {200, 429}


class Issuer:
    """An identity provider on this machine: two documents over TLS, and tokens."""

    def __init__(self, folder: Path) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.certificate = folder / "issuer.pem"
        self._server = HTTPServer((HOST, 0), self._handler())
        self.url = f"https://{HOST}:{self._server.server_port}"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._certified(folder))
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def token(self, audience: str = "understudy") -> str:
        """A token of a user of the suite's tenant, good for five minutes."""
        claims = {
            "iss": self.url,
            "aud": audience,
            "sub": "ada",
            "exp": int(time.time()) + 3600,
            "tenant": "local",
        }
        return jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": KEY_ID})

    def _certified(self, folder: Path) -> Path:
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
        now = datetime.now(UTC)
        made = (
            x509.CertificateBuilder(name, name, self._key.public_key(), 1)
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(hours=1))
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))]), False
            )
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
            .sign(self._key, hashes.SHA256())
        )
        self.certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
        both = folder / "issuer-with-key.pem"
        key = self._key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        both.write_bytes(key + self.certificate.read_bytes())
        return both

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        issuer = self

        class Pages(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                public = json.loads(RSAAlgorithm.to_jwk(issuer._key.public_key()))
                keys = {"keys": [{**public, "kid": KEY_ID, "alg": "RS256", "use": "sig"}]}
                page = keys if self.path == "/keys" else {"jwks_uri": f"{issuer.url}/keys"}
                self.send_response(200)
                self.end_headers()
                self.wfile.write(json.dumps(page).encode())

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        return Pages


@pytest.fixture
def issuer(stack: Stack, tmp_path: Path) -> Iterator[Issuer]:
    """Configures the deployment to trust this issuer, as the parameter JwtIssuer does."""
    assert stack.aws.runtime is not None
    made = Issuer(tmp_path)
    trust = {"JWT_ISSUER": made.url, "SSL_CERT_FILE": str(made.certificate)}
    for function in SERVED:
        stack.aws.runtime.reconfigure(function, **trust)
    yield made
    for function in SERVED:
        stack.aws.runtime.reconfigure(function, JWT_ISSUER="", SSL_CERT_FILE="")
    made.close()


def test_token_of_an_identity_provider_is_accepted(
    stack: Stack, client: OpenAI, issuer: Issuer
) -> None:
    """It gives access to the tenant's objects. A token for another audience gives none."""
    file = client.files.create(file=("sales.csv", CSV), purpose="assistants")
    assistant = client.beta.assistants.create(model="gpt-4o", instructions="Be brief.")

    with OpenAI(base_url=stack.base_url, api_key=issuer.token(), max_retries=0) as ada:
        assert ada.files.retrieve(file.id) == file
        assert ada.beta.assistants.retrieve(assistant.id) == assistant
        run = ada.beta.threads.create_and_run(assistant_id=assistant.id)
        assert ended(ada, run).status == "completed"
        assert ada.embeddings.create(model="text-embedding-3-small", input="x").data

    wrong = issuer.token(audience="another")
    with OpenAI(base_url=stack.base_url, api_key=wrong, max_retries=0) as refused:
        with pytest.raises(AuthenticationError):
            refused.files.list()
        with pytest.raises(AuthenticationError):
            refused.beta.assistants.list()
