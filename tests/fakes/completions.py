"""Chat completions from a script."""

from collections import deque

from understudy.domain.chat import ChatRequest
from understudy.domain.responses import ResponseResult


class ScriptedCompletions:
    """Implements the port Completions. Returns `answers` in order; errors are raised."""

    def __init__(self, *answers: ResponseResult | Exception) -> None:
        self.answers = deque(answers)
        self.requests: list[ChatRequest] = []

    def complete(self, request: ChatRequest, *, seconds: float) -> ResponseResult:
        assert self.answers, "a chat completion was asked for that the script does not have"
        assert seconds > 0
        self.requests.append(request)
        played = self.answers.popleft()
        if isinstance(played, Exception):
            raise played
        return played
