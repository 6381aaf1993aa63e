"""F063-F121: slow responses, redirects, and a full disk."""

import resource
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from understudy.adapters.openai import bounds
from understudy.adapters.openai.client import provider_client
from understudy.adapters.openai.files import OpenAIFiles
from understudy.adapters.openai.responses import OpenAIResponses
from understudy.adapters.s3 import SPOOLED_BYTES, S3Objects
from understudy.errors import ProviderError, ProviderUnavailableError, StorageUnavailableError

PAUSE_SECONDS, PIECES = 0.02, 25


class Provider(BaseHTTPRequestHandler):
    """Sends its responses in small pieces, and redirects requests for files."""

    elsewhere = ""
    asked: list[str] = []  # noqa: RUF012  of all requests to both servers

    def do_GET(self) -> None:
        self.asked.append(f"{self.server.server_port} {self.path}")
        if self.elsewhere and self.path.startswith("/v1/files/file-moved"):
            self.send_response(302)
            self.send_header("location", self.elsewhere)
            self.send_header("content-length", "0")
            self.end_headers()
            return
        is_file = self.path.startswith("/v1/files/")
        self.send_response(200)
        kind = "application/octet-stream" if is_file else "application/json"
        self.send_header("content-type", kind)
        self.end_headers()
        pause = threading.Event()
        for _ in range(PIECES):
            try:
                self.wfile.write(b" ")
                self.wfile.flush()
            except OSError:
                return
            pause.wait(PAUSE_SECONDS)

    def log_message(self, *_: Any) -> None:
        """Writes no log to the test's output."""


@contextmanager
def served() -> Iterator[int]:
    """Yields the port of a provider."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Returns the port of the provider. The limit for a body is shorter than a body takes."""
    monkeypatch.setattr(bounds, "BODY_SECONDS", PAUSE_SECONDS * PIECES / 5)
    monkeypatch.setattr(Provider, "asked", [])
    with served() as found:
        yield found


def test_f063_slow_response_body_times_out(port: int) -> None:
    """Each piece arrives in time, but the whole body does not."""
    responses = OpenAIResponses(lambda: provider_client("sk-one", f"http://127.0.0.1:{port}/v1"))

    with pytest.raises(ProviderUnavailableError):
        responses.retrieve_response("resp_1")


def test_f063_slow_file_is_read_to_its_end(port: int) -> None:
    """The limit does not apply to files, which may be large."""
    files = OpenAIFiles(lambda: provider_client("sk-one", f"http://127.0.0.1:{port}/v1"))

    assert files.content("file-large") == b" " * PIECES


def test_f074_redirect_is_not_followed(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key is sent to no other host, and another host's file is not accepted."""
    with served() as other:
        monkeypatch.setattr(Provider, "elsewhere", f"http://127.0.0.1:{other}/v1/files/stolen")
        files = OpenAIFiles(lambda: provider_client("sk-one", f"http://127.0.0.1:{port}/v1"))

        with pytest.raises(ProviderError):
            files.content("file-moved")

    assert Provider.asked == [f"{port} /v1/files/file-moved/content"]


class Bucket:
    """Records the sizes of objects."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def put_object(self, **given: Any) -> dict[str, Any]:
        self.sizes.append(len(given["Body"].read()))
        return {}


@pytest.fixture
def small_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Limits files to half of what is buffered in memory."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (SPOOLED_BYTES // 2, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.usefixtures("small_disk")
def test_f121_full_disk_is_a_retryable_error_and_leaves_no_file(tmp_path: Path) -> None:
    """The error has a type. The next file of the same process is stored."""
    bucket = Bucket()
    objects = S3Objects(lambda: bucket, "bucket")
    piece = b"x" * (1024 * 1024)

    with pytest.raises(StorageUnavailableError):
        objects.put_from("files/large", iter([piece] * (SPOOLED_BYTES // len(piece) + 2)), "a.txt")

    assert list(tmp_path.iterdir()) == []
    assert objects.put_from("files/small", iter([piece]), "a.txt")[0] == len(piece)
    assert bucket.sizes == [len(piece)]
