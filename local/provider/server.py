"""Running the fake provider: an HTTP server in this process, and the object that controls it."""

import tempfile
from contextlib import ExitStack
from pathlib import Path

from local.http_server import HttpServer
from local.provider.app import create_app
from local.provider.control import ControlClient
from local.provider.state import Provider


class FakeProvider:
    """A running fake provider.

    `base_url` ends in `/v1` and is what an OpenAI client takes; `control` scripts it and reads
    what happened. It ends with `stop()` or with its `with` block.
    """

    def __init__(self, *, key: str = "sk-local", port: int = 0) -> None:
        self.key = key
        with ExitStack() as opened:
            folder = tempfile.TemporaryDirectory(prefix="provider-")
            provider = Provider(key, Path(opened.enter_context(folder)))
            server = HttpServer(create_app(provider), port=port)
            opened.callback(server.stop)
            opened.callback(provider.reset)
            self._open = opened.pop_all()
        server.start()
        self.control = ControlClient(provider)
        self.base_url = f"http://127.0.0.1:{server.port}/v1"

    def stop(self) -> None:
        """Stop serving and delete all bytes."""
        self._open.close()

    def __enter__(self) -> "FakeProvider":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
