"""Running the fake provider: an HTTP server in this process, and the object that controls it."""

import tempfile
from pathlib import Path
from types import TracebackType

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
        self._folder = tempfile.TemporaryDirectory(prefix="provider-")
        self._provider = Provider(key, Path(self._folder.name))
        self.control = ControlClient(self._provider)
        try:
            self._server = HttpServer(create_app(self._provider), port=port)
            self._server.start()
        except OSError:
            self._close()
            raise
        self.base_url = f"http://127.0.0.1:{self._server.port}/v1"

    def stop(self) -> None:
        """Stop serving and delete all bytes."""
        self._provider.reset()
        self._server.stop()
        self._close()

    def __enter__(self) -> "FakeProvider":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _close(self) -> None:
        self._provider.close()
        self._folder.cleanup()
