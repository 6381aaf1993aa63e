"""`python -m local.provider`: serve until interrupted."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import tempfile
import threading
from pathlib import Path

from local.provider.app import create_app
from local.provider.http_server import server_for
from local.provider.options import Options
from local.provider.state import Provider


def main() -> None:
    """Read the options, print the base URL once the port listens, serve."""
    options = _arguments()
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="provider-") as folder:
        provider = Provider(Options(keys=tuple(options.key), folder=Path(folder)))
        server = server_for(create_app(provider), options.host, options.port)
        base_url = f"http://{options.host}:{server.server_port}/v1"
        if options.portfile:
            options.portfile.write_text(f"{server.server_port}\n", encoding="utf-8")
        signal.signal(signal.SIGTERM, lambda *_: _stop(server.shutdown))
        print(base_url, flush=True)
        if options.exit_with_stdin:
            threading.Thread(target=_when_stdin_ends, args=(server.shutdown,), daemon=True).start()
        try:
            server.serve_forever(poll_interval=0.1)
        except KeyboardInterrupt:
            pass
        finally:
            server.socket.close()
            provider.close()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.provider", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes any free port")
    parser.add_argument("--key", action="append", help="an accepted API key; may be repeated")
    parser.add_argument("--portfile", type=Path, help="the port is written here once it listens")
    parser.add_argument("--exit-with-stdin", action="store_true", help="end when stdin ends")
    arguments = parser.parse_args()
    arguments.key = arguments.key or ["sk-local"]
    return arguments


def _stop(shutdown: object) -> None:
    threading.Thread(target=shutdown, daemon=True).start()  # type: ignore[arg-type]


def _when_stdin_ends(shutdown: object) -> None:
    sys.stdin.read()
    shutdown()  # type: ignore[operator]


if __name__ == "__main__":
    main()
