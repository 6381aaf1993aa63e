"""Records which executions were started and woken."""

from understudy.domain.runs import Run


class RecordedExecutions:
    """Implements the port Executions. Only a wake of a token in `waiting` succeeds."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.woken: list[str] = []
        self.waiting: set[str] = set()
        self.failed: list[tuple[str, str, str]] = []

    def start(self, run: Run) -> None:
        self.started.append(run.id)

    def wake(self, task_token: str) -> bool:
        self.woken.append(task_token)
        if task_token in self.waiting:
            self.waiting.remove(task_token)
            return True
        return False

    def fail_wait(self, task_token: str, error: str, cause: str) -> None:
        self.failed.append((task_token, error, cause))
