"""What a test scripts: faults of the HTTP exchange, and answers in place of the test model's."""

import itertools
import json
import re
import threading
from collections.abc import Mapping
from dataclasses import field
from typing import Any, Literal

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, config=_STRICT)
class Match:
    """Which request a script is for. All given conditions must hold; none matches everything.

    `text` is a part of the request's input, `path` a part of its path, `route` a regular
    expression for the whole path.
    """

    text: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    path: str | None = None
    route: str | None = None
    method: str | None = None

    def fits(self, method: str, path: str, text: str, metadata: Mapping[str, Any]) -> bool:
        """Tell whether a request meets the conditions."""
        return (
            (self.method is None or self.method == method)
            and (self.path is None or self.path in path)
            and (self.route is None or re.fullmatch(self.route, path) is not None)
            and (self.text is None or self.text in text)
            and all(metadata.get(key) == value for key, value in self.metadata.items())
        )


@dataclass(frozen=True, config=_STRICT)
class Fault:
    """A fault of the HTTP exchange.

    `drop` closes the connection before or after the request is processed. `malformed` sends a body
    that cannot be parsed, with status 200 unless `status` is given. `status` alone sends an error.
    With `processed` the request takes effect and only its outcome is lost. `delay_seconds` passes
    before anything else.
    """

    status: int | None = None
    error: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    drop: Literal["before", "after"] | None = None
    malformed: Literal["json", "html", "truncated", "empty"] | None = None
    processed: bool = False
    delay_seconds: float = 0.0

    @property
    def comes_first(self) -> bool:
        """Whether the request is not processed at all."""
        if self.drop is not None:
            return self.drop == "before"
        return (self.status is not None or self.malformed is not None) and not self.processed


@dataclass(frozen=True, config=_STRICT)
class StreamFault:
    """What is wrong with a stream's events, for one of its readers: 0 creates the response.

    The connection is dropped after `drop_after` events. The event with the sequence number `skip`
    is left out; that with `repeat` is sent twice.
    """

    drop_after: int | None = None
    skip: int | None = None
    repeat: int | None = None
    reader: int = 0


@dataclass(frozen=True, config=_STRICT)
class Answer:
    """What one response contains, in place of the test model's answer.

    - `text`, `refusal`, `calls` (each `{"name", "arguments"}`) or complete `output` items; `deltas`
      is a text in the pieces in which it is streamed. Calls with a text come after it.
    - `hijack` calls every declared function with the given arguments (by name; `"*"` for all
      others), and every named function that is not declared.
    - `status`, `error` and `reason` end the response as failed or incomplete. A text of a failed
      response is streamed before the failure. With `error_event` its stream ends with an `error`
      event instead of `response.failed`.
    - `never_ends` leaves the response in progress until it is cancelled.
    - `written` is the text that the model has written when the response is cancelled.
    - `queued_seconds` and `working_seconds` replace the default delays, `usage` the counted tokens.
    """

    text: str | None = None
    deltas: tuple[str, ...] = ()
    refusal: str | None = None
    calls: tuple[Mapping[str, Any], ...] = ()
    output: tuple[Mapping[str, Any], ...] = ()
    hijack: Mapping[str, Mapping[str, Any]] | None = None
    status: Literal["completed", "failed", "incomplete"] = "completed"
    error: Mapping[str, Any] | None = None
    error_event: bool = False
    reason: str | None = None
    queued_seconds: float | None = None
    working_seconds: float | None = None
    never_ends: bool = False
    written: str | None = None
    usage: Mapping[str, Any] | None = None
    stream: StreamFault | None = None


@dataclass(config=_STRICT)
class Script:
    """A fault or an answer, for the next `times` matching requests (None: for all of them).

    The first `skip` matching requests do not use it.
    """

    match: Match
    fault: Fault | None = None
    answer: Answer | None = None
    times: int | None = 1
    skip: int = 0
    number: int = 0


class Scripts:
    """Scripts in the order they were given; a request uses the first one that matches."""

    def __init__(self, changed: threading.Condition) -> None:
        self._changed = changed
        self._waiting: list[Script] = []
        self._numbers = itertools.count(1)
        self._taken: set[int] = set()

    def add(self, script: Script) -> int:
        """Append a script; returns its number, which is in `taken` once it was used."""
        with self._changed:
            script.number = next(self._numbers)
            self._waiting.append(script)
            return script.number

    def taken(self) -> list[int]:
        """Return the numbers of the scripts that were used at least once."""
        with self._changed:
            return sorted(self._taken)

    def fault(self, method: str, path: str, body: str) -> Fault | None:
        """Take the next fault for an HTTP request, if there is one."""
        script = self._take("fault", method, path, body, _metadata(body))
        return script.fault if script else None

    def answer(self, path: str, text: str, metadata: Mapping[str, Any]) -> Answer | None:
        """Take the next answer for a request to the model, if there is one."""
        script = self._take("answer", "POST", path, text, metadata)
        return script.answer if script else None

    def waiting(self) -> int:
        """Return how many scripts are not used up."""
        with self._changed:
            return len(self._waiting)

    def clear(self) -> None:
        """Drop all scripts."""
        with self._changed:
            self._waiting.clear()
            self._taken.clear()

    def _take(
        self, kind: str, method: str, path: str, text: str, metadata: Mapping[str, Any]
    ) -> Script | None:
        with self._changed:
            for script in self._waiting:
                if getattr(script, kind) is None:
                    continue
                if not script.match.fits(method, path, text, metadata):
                    continue
                if script.skip:
                    script.skip -= 1
                    continue
                self._taken.add(script.number)
                if script.times is not None:
                    script.times -= 1
                if script.times == 0:
                    self._waiting.remove(script)
                return script
            return None


def _metadata(body: str) -> Mapping[str, Any]:
    try:
        parsed = json.loads(body)
    except ValueError:
        return {}
    metadata = parsed.get("metadata") if isinstance(parsed, dict) else None
    return metadata if isinstance(metadata, dict) else {}
