"""The workers of one function: kept warm, and at most as many as its concurrency."""

import threading
from collections.abc import Callable

from local.aws.functions.outcome import InvokeError
from local.aws.functions.worker import Worker


class WorkerPool:
    """Gives each worker to one caller at a time; further callers wait for a bounded time."""

    def __init__(self, start: Callable[[], Worker], limit: int, queue_seconds: float) -> None:
        self._start = start
        self._limit = limit
        self._queue_seconds = queue_seconds
        self._changed = threading.Condition()
        self._idle: list[Worker] = []
        self._workers: dict[int, Worker] = {}
        self._taken = 0
        self._closed = False

    def take(self) -> Worker:
        """Returns a warm worker or a new one; raises InvokeError if all stay busy."""
        with self._changed:
            if not self._changed.wait_for(self._can_take, self._queue_seconds):
                raise InvokeError("TooManyRequestsException", "Rate Exceeded.", 429)
            if self._closed:
                raise InvokeError("ServiceException", "The function is being removed.", 500)
            self._taken += 1
            while self._idle:
                worker = self._idle.pop()
                if worker.alive:
                    return worker
        return self._start_one()

    def give_back(self, worker: Worker) -> None:
        """Makes a worker available again, unless it is dead."""
        with self._changed:
            self._taken -= 1
            if worker.alive and not self._closed:
                self._idle.append(worker)
            else:
                self._forget(worker)
            self._changed.notify()

    def worker(self, number: int) -> Worker | None:
        """Returns a worker by its number."""
        with self._changed:
            return self._workers.get(number)

    def workers(self) -> list[Worker]:
        """Returns all workers, idle and busy."""
        with self._changed:
            return list(self._workers.values())

    def close(self) -> None:
        """Kills all workers and refuses further callers."""
        with self._changed:
            self._closed = True
            for worker in self.workers():
                worker.kill()
            self._changed.notify_all()

    def _can_take(self) -> bool:
        return self._closed or self._taken < self._limit

    def _start_one(self) -> Worker:
        try:
            worker = self._start()
        except BaseException:
            with self._changed:
                self._taken -= 1
                self._changed.notify()
            raise
        with self._changed:
            self._workers[worker.number] = worker
        return worker

    def _forget(self, worker: Worker) -> None:
        self._workers.pop(worker.number, None)
        worker.close()
