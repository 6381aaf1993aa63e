"""Runs the functions of a deployment in worker processes."""

import itertools
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from local.aws.calls import Caller
from local.aws.deployment import Function
from local.aws.functions.outcome import FunctionTable, InvokeError, Outcome
from local.aws.functions.pool import WorkerPool
from local.aws.functions.streaming_worker import WRAPPER, StreamingWorker
from local.aws.functions.worker import Worker
from local.aws.functions.zygotes import Zygotes

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
_REQUEST_LIMIT = 6 * 1024 * 1024
_QUEUE_SECONDS = 60.0


class FunctionRuntime:
    """Lambda for the functions of one template."""

    def __init__(
        self,
        functions: Sequence[Function],
        root: Path,
        endpoint: str,
        *,
        logs: Path | None = None,
        timeout_factor: float = 1.0,
    ) -> None:
        """`root` is the template's folder, `endpoint` is local AWS.

        `logs` is a folder for the functions' output; without it, a temporary one is used.
        `timeout_factor` multiplies the functions' timeouts, and how long a call waits for a worker.
        """
        self._root = root.resolve()
        self._endpoint = endpoint
        self._timeout_factor = timeout_factor
        self._temporary = None if logs else tempfile.TemporaryDirectory(prefix="understudy-logs-")
        self._logs = logs or Path(self._temporary.name)  # type: ignore[union-attr]
        self._logs.mkdir(parents=True, exist_ok=True)
        self._numbers = itertools.count(1)
        self._changed: dict[str, dict[str, str]] = {}
        self.table = FunctionTable(functions)
        self._zygotes = Zygotes({self._zygote_key(function) for function in functions})
        self._pools = {
            function.name: WorkerPool(
                lambda function=function: self._start(function),  # type: ignore[misc]
                function.concurrency,
                _QUEUE_SECONDS * timeout_factor,
            )
            for function in functions
        }

    def invoke(self, function: str, payload: bytes) -> Outcome:
        """Runs a function, named by logical id, name or ARN, and waits for it.

        Raises InvokeError for the errors of Lambda's API: ResourceNotFoundException,
        RequestTooLargeException, and TooManyRequestsException when all workers of the function
        stay busy.
        """
        found = self.table.find(function)
        if len(payload) > _REQUEST_LIMIT:
            message = f"{len(payload)} byte payload is too large for the RequestResponse limit"
            raise InvokeError("RequestTooLargeException", message, 413)
        pool = self._pools[found.name]
        worker = pool.take()
        try:
            return worker.invoke(payload, found.timeout_seconds * self._timeout_factor)
        finally:
            pool.give_back(worker)

    def stream(self, function: str, payload: bytes) -> Iterator[bytes]:
        """Runs a function that streams, and yields what it sends while it runs.

        Raises InvokeError as `invoke` does, and FunctionFailedError when the function fails.
        """
        found = self.table.find(function)
        pool = self._pools[found.name]
        worker = pool.take()
        if not isinstance(worker, StreamingWorker):
            pool.give_back(worker)
            raise InvokeError("InvalidRequestContentException", "The function cannot stream.", 400)
        return iter(worker.stream(payload, found.timeout_seconds, lambda: pool.give_back(worker)))

    def kill(self, caller: Caller) -> bool:
        """Kills the worker that made a call; returns False if it no longer exists."""
        pool = self._pools.get(caller.name)
        worker = pool.worker(caller.worker) if pool and caller.worker is not None else None
        if worker is None:
            return False
        worker.kill()
        return True

    def reconfigure(self, function: str, **environment: str) -> None:
        """Sets environment variables, as Lambda's UpdateFunctionConfiguration does.

        Kills the function's workers, also in the middle of an invocation.
        """
        found = self.table.find(function)
        self._changed[found.name] = {**self._changed.get(found.name, {}), **environment}
        for worker in self._pools[found.name].workers():
            worker.kill()

    def logs(self, function: str) -> str:
        """Returns everything that the function's workers have written."""
        path = self._log_of(self.table.find(function))
        return path.read_text(errors="replace") if path.exists() else ""

    def close(self) -> None:
        """Kills all workers."""
        for pool in self._pools.values():
            pool.close()
        self._zygotes.close()
        if self._temporary:
            self._temporary.cleanup()

    def _start(self, function: Function) -> Worker:
        environment = {**function.environment, **self._changed.get(function.name, {})}
        kind = StreamingWorker if WRAPPER in environment else Worker
        return kind(
            replace(function, environment=environment),
            next(self._numbers),
            self._zygotes[self._zygote_key(function)],
            self._endpoint,
            self._root / function.code,
            self._log_of(function),
        )

    def _log_of(self, function: Function) -> Path:
        return self._logs / f"{function.name}.log"

    def _zygote_key(self, function: Function) -> tuple[Path, tuple[Path, ...]]:
        return self._root / function.code, tuple(self._root / layer for layer in function.layers)
