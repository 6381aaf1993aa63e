"""A worker whose function brings its own runtime, which streams its responses.

The runtime is the one that runs on Lambda: the module that the function's wrapper script starts. It
takes its invocations from a Runtime API of its own.
"""

import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

from local.aws.functions.outcome import FunctionFailedError, Outcome, failure
from local.aws.functions.runtime_api import Invocation, RuntimeApi
from local.aws.functions.worker import TRACE, Worker

WRAPPER = "AWS_LAMBDA_EXEC_WRAPPER"
"""The variable that names the script which starts a function's runtime."""


class StreamingWorker(Worker):
    """One execution environment of a function that streams."""

    def __init__(self, *given: Any) -> None:
        self._api = RuntimeApi()
        super().__init__(*given)
        threading.Thread(target=self._watch, daemon=True).start()

    def stream(
        self, payload: bytes, timeout_seconds: float, on_end: Callable[[], None]
    ) -> Invocation:
        """Starts an invocation and returns it; `on_end` is called when the worker is free.

        Kills the process when it takes longer than its timeout.
        """
        deadline = threading.Timer(timeout_seconds, self.kill)
        deadline.daemon = True
        headers = {
            "Lambda-Runtime-Deadline-Ms": str(int((time.time() + timeout_seconds) * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": self._function.arn,
            "Lambda-Runtime-Trace-Id": TRACE,
        }

        def finish() -> None:
            deadline.cancel()
            on_end()

        invocation = Invocation(str(uuid.uuid4()), payload, headers, finish)
        deadline.start()
        self._api.start(invocation)
        if not self.alive:
            self._api.fail("Runtime.ExitError")
        return invocation

    def invoke(self, payload: bytes, timeout_seconds: float) -> Outcome:
        """Runs the handler and returns everything that it streams."""
        try:
            return Outcome(b"".join(self.stream(payload, timeout_seconds, lambda: None)), None)
        except FunctionFailedError as error:
            return failure(str(error), str(error))

    def close(self) -> None:
        """Kills the process and stops the Runtime API."""
        super().close()
        self._api.close()

    def _more_environment(self) -> dict[str, str]:
        return {"AWS_LAMBDA_RUNTIME_API": self._api.address}

    def _watch(self) -> None:
        """Ends the running invocation when the process dies: its end of the connection closes."""
        try:
            while self._connection.recv(1):
                continue
        except OSError:
            return  # closed by this side, after the process was killed
        finally:
            self.alive = False
            self._api.fail("Runtime.ExitError")
