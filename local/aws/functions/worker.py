"""The near side of one worker process."""

import os
import signal
import socket
import threading
import time
import uuid
from contextlib import suppress
from pathlib import Path

from local.aws.deployment import Function
from local.aws.functions.environment import sandbox_environment
from local.aws.functions.lambda_sandbox import frames
from local.aws.functions.outcome import Outcome, failure
from local.aws.functions.zygote import Zygote

_TRACE = "Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=0"


class Worker:
    """One execution environment of one function; runs one invocation at a time."""

    def __init__(
        self, function: Function, number: int, zygote: Zygote, endpoint: str, code: Path, log: Path
    ) -> None:
        self.number = number
        self.alive = True
        self._function = function
        self._log = log
        self._fresh = True
        self._killing = threading.Lock()
        settings = {
            "handler": function.handler,
            "environment": sandbox_environment(function, number, endpoint, code),
            "context": {
                "function_name": function.physical_name,
                "invoked_function_arn": function.arn,
                "memory_limit_in_mb": str(function.memory_mb),
                "log_stream_name": f"$LATEST/{number}",
            },
        }
        self._connection, far = socket.socketpair()
        log_fd = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            self.pid = zygote.fork(settings, far, log_fd)
        finally:
            far.close()
            os.close(log_fd)

    def invoke(self, payload: bytes, timeout_seconds: float) -> Outcome:
        """Run the handler; kills the process when the time is over."""
        cold, self._fresh = self._fresh, False
        request_id = str(uuid.uuid4())
        started = time.monotonic()
        answer = self._exchange(payload, request_id, timeout_seconds)
        duration_ms = (time.monotonic() - started) * 1000
        if answer is not None:
            header, body = answer
            return Outcome(body, header["error"], duration_ms, cold, self._function.name)
        if duration_ms >= timeout_seconds * 1000:
            kind = "Sandbox.Timedout"
            text = f"Error: Task timed out after {self._function.timeout_seconds:.2f} seconds"
        else:
            kind, text = "Runtime.ExitError", "Error: Runtime exited without providing a reason"
        self.kill()
        message = f"RequestId: {request_id} {text}"
        with self._log.open("a") as log:
            log.write(f"{message}\n")
        return failure(kind, message, duration_ms, cold, self._function.name)

    def kill(self) -> None:
        """End the process in the middle of whatever it does."""
        with self._killing:
            if self.alive:
                self.alive = False
                with suppress(ProcessLookupError):  # it ended by itself
                    os.kill(self.pid, signal.SIGKILL)

    def close(self) -> None:
        self.kill()
        self._connection.close()

    def _exchange(
        self, payload: bytes, request_id: str, timeout_seconds: float
    ) -> tuple[dict[str, str | None], bytes] | None:
        """None when the process died or the time was over."""
        header = {
            "trace_id": _TRACE,
            "context": {
                "aws_request_id": request_id,
                "deadline_ms": int((time.time() + timeout_seconds) * 1000),
            },
        }
        self._connection.settimeout(timeout_seconds)
        try:
            frames.send(self._connection, header, payload)
            return frames.receive(self._connection)
        except (TimeoutError, ConnectionError):
            return None
