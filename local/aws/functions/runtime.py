"""Runs the functions of a deployment in worker processes."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from local.aws.callers import Caller
from local.aws.deployment import Function
from local.aws.functions.logs import Logs
from local.aws.functions.outcome import InvokeError, Outcome
from local.aws.functions.peers import owner_of_port
from local.aws.functions.pool import WorkerPool
from local.aws.functions.table import FunctionTable
from local.aws.functions.worker import Worker
from local.aws.functions.zygote import Zygotes

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
        queue_seconds: float = _QUEUE_SECONDS,
    ) -> None:
        """`root` is the folder of the template, `endpoint` the embedded AWS.

        `timeout_factor` stretches or shortens the functions' timeouts, which are in real seconds.
        """
        self._root = root.resolve()
        self._endpoint = endpoint
        self._timeout_factor = timeout_factor
        self._logs = Logs(logs)
        self._numbers = itertools.count(1)
        self._set: dict[str, dict[str, str]] = {}
        self.table = FunctionTable(functions)
        self._zygotes = Zygotes({self._zygote_key(function) for function in functions})
        self._pools = {
            function.name: WorkerPool(
                lambda function=function: self._start(function),  # type: ignore[misc]
                function.concurrency,
                queue_seconds,
            )
            for function in functions
        }

    def invoke(self, function: str, payload: bytes) -> Outcome:
        """Run a function, named by logical id, name or ARN, and wait for it.

        Raises InvokeError where Lambda's API answers an error: ResourceNotFoundException,
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

    def kill(self, caller: Caller) -> bool:
        """Kill the worker that made a call; False when it is not there any more."""
        pool = self._pools.get(caller.name)
        worker = pool.worker(caller.worker) if pool and caller.worker is not None else None
        if worker is None:
            return False
        worker.kill()
        return True

    def kill_by_peer_port(self, port: int) -> str | None:
        """Kill the worker that holds that local TCP port; the function it ran, if there is one.

        For servers that workers call without AWS credentials, such as the provider.
        """
        workers = {
            worker.pid: (name, worker)
            for name, pool in self._pools.items()
            for worker in pool.workers()
        }
        pid = owner_of_port(port, workers.keys())
        if pid is None:
            return None
        name, worker = workers[pid]
        worker.kill()
        return name

    def reconfigure(self, function: str, **environment: str) -> None:
        """Set environment variables, as Lambda's UpdateFunctionConfiguration does.

        Workers that are warm end, in the middle of what they do if they do something.
        """
        found = self.table.find(function)
        self._set[found.name] = {**self._set.get(found.name, {}), **environment}
        for worker in self._pools[found.name].workers():
            worker.kill()

    def logs(self, function: str) -> str:
        """Everything that the function's workers have written."""
        return self._logs.read(self.table.find(function).name)

    def close(self) -> None:
        """Kill all workers."""
        for pool in self._pools.values():
            pool.close()
        self._zygotes.close()
        self._logs.close()

    def _start(self, function: Function) -> Worker:
        environment = {**function.environment, **self._set.get(function.name, {})}
        return Worker(
            replace(function, environment=environment),
            next(self._numbers),
            self._zygotes[self._zygote_key(function)],
            self._endpoint,
            self._root / function.code,
            self._logs.path(function.name),
        )

    def _zygote_key(self, function: Function) -> tuple[Path, tuple[Path, ...]]:
        return self._root / function.code, tuple(self._root / layer for layer in function.layers)
