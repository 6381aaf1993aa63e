"""Runs `sam local start-lambda` and `sam local start-api` as child processes."""

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
_POLL_SECONDS = 0.2


class SamFailedError(Exception):
    """The command ended, or did not listen in time; the message is its log."""


class Sam:
    """Calls `sam local` so that it uses the built artifacts and local AWS."""

    def __init__(self, program: str, template: Path, variables: Path, log: Path) -> None:
        self._program = program
        self._common = ["--template", str(template), "--env-vars", str(variables)]
        self._common += ["--parameter-overrides", "Architecture=x86_64"]
        # For example --skip-pull-image for a base image that was built locally.
        self._common += shlex.split(os.environ.get("SAM_ARGS", ""))
        self._log = log

    def command(self, verb: str, *arguments: str) -> list[str]:
        """Returns the command line of a verb of `sam local`."""
        return [self._program, "local", verb, *arguments, *self._common]

    @property
    def environment(self) -> dict[str, str]:
        """The variables for SAM; local AWS takes any key, but there must be one."""
        return {
            **os.environ,
            "SAM_CLI_TELEMETRY": "0",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_DEFAULT_REGION": "us-east-1",
        }

    def serve(self, verb: Literal["start-api", "start-lambda"], port: int) -> "SamServer":
        """Starts a server and waits until it listens. Raises SamFailedError."""
        arguments = ["--host", LOOPBACK, "--port", str(port), "--warm-containers", "LAZY"]
        return SamServer(self.command(verb, *arguments), self.environment, port, self._log)


class SamServer:
    """One of SAM's servers; `stop` also removes its containers."""

    def __init__(
        self, command: Sequence[str], environment: dict[str, str], port: int, log: Path
    ) -> None:
        self.url = f"http://{LOOPBACK}:{port}"
        with log.open("a") as written:
            self._process = subprocess.Popen(
                command,
                env=environment,
                stdout=written,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # `stop` ends it; an interrupt in the terminal does not
            )
        self._await(port, log)

    def _await(self, port: int, log: Path) -> None:
        pause = threading.Event()
        for _ in range(int(_READY_SECONDS / _POLL_SECONDS)):
            if self._process.poll() is not None:
                raise SamFailedError(log.read_text())
            with socket.socket() as probe:
                if probe.connect_ex((LOOPBACK, port)) == 0:
                    return
            pause.wait(_POLL_SECONDS)
        self.stop()
        raise SamFailedError(log.read_text())

    def stop(self) -> None:
        """Sends SIGTERM, at which SAM removes its containers; kills it if that takes too long."""
        if self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def free_port() -> int:
    """Returns a port that is free at this moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
