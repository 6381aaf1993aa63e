"""Talks to worker processes; lambda_sandbox has the code that runs inside them."""

import os
import signal
import socket
import threading
import time
import uuid
from contextlib import suppress
from pathlib import Path

from local.aws.calls import access_key
from local.aws.deployment import Function
from local.aws.functions.lambda_sandbox import frames
from local.aws.functions.outcome import Outcome, failure
from local.aws.functions.zygotes import Zygote
from local.aws.resources import REGION

TRACE = "Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=0"


class Worker:
    """One execution environment of one function; runs one invocation at a time."""

    def __init__(
        self, function: Function, number: int, zygote: Zygote, endpoint: str, code: Path, log: Path
    ) -> None:
        self.number = number
        self.alive = True
        self._function = function
        self._log = log
        self._killing = threading.Lock()
        environment = _environment(function, number, endpoint, code)
        settings = {
            "handler": function.handler,
            "environment": {**environment, **self._more_environment()},
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

    def _more_environment(self) -> dict[str, str]:
        """Returns what else Lambda gives to this kind of worker."""
        return {}

    def invoke(self, payload: bytes, timeout_seconds: float) -> Outcome:
        """Runs the handler; kills the process when it takes longer than its timeout."""
        request_id = str(uuid.uuid4())
        try:
            if (answer := self._exchange(payload, request_id, timeout_seconds)) is not None:
                header, body = answer
                return Outcome(body, header["error"])
            kind, text = "Runtime.ExitError", "Error: Runtime exited without providing a reason"
        except TimeoutError:
            kind = "Sandbox.Timedout"
            text = f"Error: Task timed out after {self._function.timeout_seconds:.2f} seconds"
        self.kill()
        message = f"RequestId: {request_id} {text}"
        with self._log.open("a") as log:
            log.write(f"{message}\n")
        return failure(kind, message)

    def kill(self) -> None:
        """Kills the process, also in the middle of an invocation."""
        with self._killing:
            if self.alive:
                self.alive = False
                with suppress(ProcessLookupError):  # it has already ended
                    os.kill(self.pid, signal.SIGKILL)

    def close(self) -> None:
        """Kills the process and closes its connection."""
        self.kill()
        self._connection.close()

    def _exchange(
        self, payload: bytes, request_id: str, timeout_seconds: float
    ) -> tuple[dict[str, str | None], bytes] | None:
        """Returns the worker's answer, None if the process died; raises TimeoutError."""
        header = {
            "trace_id": TRACE,
            "context": {
                "aws_request_id": request_id,
                "deadline_ms": int((time.time() + timeout_seconds) * 1000),
            },
        }
        self._connection.settimeout(timeout_seconds)
        try:
            frames.send(self._connection, header, payload)
            return frames.receive(self._connection)
        except ConnectionError:
            return None


def _environment(function: Function, worker: int, endpoint: str, task_root: Path) -> dict[str, str]:
    """Returns the variables of the template and of Lambda, and the endpoint of local AWS.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
    """
    return {
        **function.environment,
        "_HANDLER": function.handler,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_LAMBDA_FUNCTION_NAME": function.physical_name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.physical_name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": f"$LATEST/{worker}",
        "AWS_ACCESS_KEY_ID": access_key(function.name, worker),
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_SESSION_TOKEN": "local",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_EC2_METADATA_DISABLED": "true",
        "LAMBDA_TASK_ROOT": str(task_root),
        "LANG": "en_US.UTF-8",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "TZ": ":UTC",
    }
