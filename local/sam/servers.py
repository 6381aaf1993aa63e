"""`sam local start-lambda` and `sam local start-api` as processes that end when they should."""

import os
import shlex
import socket
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from local.sam.bridge import LOOPBACK

_READY_SECONDS = 120.0
_STOP_SECONDS = 60.0
_LOOK_AGAIN_SECONDS = 0.2


class SamFailedError(Exception):
    """The command ended, or did not listen in time; the text is its log."""


class Sam:
    """How to call `sam local` so that it uses the built artifacts and the embedded AWS."""

    def __init__(self, program: str, template: Path, variables: Path, log: Path) -> None:
        self._program = program
        self._common = ["--template", str(template), "--env-vars", str(variables)]
        self._common += ["--parameter-overrides", "Architecture=x86_64"]
        # For example --skip-pull-image where the base image is made by hand.
        self._common += shlex.split(os.environ.get("SAM_ARGS", ""))
        self._log = log

    def command(self, verb: str, *arguments: str) -> list[str]:
        return [self._program, "local", verb, *arguments, *self._common]

    @property
    def environment(self) -> dict[str, str]:
        """Any key will do for the embedded AWS; there must be one."""
        return {
            **os.environ,
            "SAM_CLI_TELEMETRY": "0",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_DEFAULT_REGION": "us-east-1",
        }

    def serve(self, verb: Literal["start-api", "start-lambda"], port: int) -> "SamServer":
        """Starts it and returns when it listens. Raises SamFailedError."""
        arguments = ["--host", LOOPBACK, "--port", str(port), "--warm-containers", "LAZY"]
        return SamServer(self.command(verb, *arguments), self.environment, port, self._log)


class SamServer:
    """One of SAM's servers. `stop()` takes its containers away too."""

    def __init__(
        self, command: Sequence[str], environment: dict[str, str], port: int, log: Path
    ) -> None:
        self.url = f"http://{LOOPBACK}:{port}"
        with log.open("a") as written:
            self._process = subprocess.Popen(
                command, env=environment, stdout=written, stderr=subprocess.STDOUT
            )
        self._await(port, log)

    def _await(self, port: int, log: Path) -> None:
        pause = threading.Event()
        for _ in range(int(_READY_SECONDS / _LOOK_AGAIN_SECONDS)):
            if self._process.poll() is not None:
                raise SamFailedError(log.read_text())
            with socket.socket() as probe:
                if probe.connect_ex((LOOPBACK, port)) == 0:
                    return
            pause.wait(_LOOK_AGAIN_SECONDS)
        self.stop()
        raise SamFailedError(log.read_text())

    def stop(self) -> None:
        """SIGTERM, at which SAM removes its containers."""
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait(_STOP_SECONDS)


def free_port() -> int:
    """A port that nobody has at this moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
