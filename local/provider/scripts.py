"""What tests want to happen next: faults of the exchange, answers in the model's place."""

from __future__ import annotations

import itertools
import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class Match:
    """Which request a script is for. All that is given must fit; nothing given fits everything.

    `path` is a part of the request's path, `route` a regular expression for the whole of it.
    """

    text: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    path: str | None = None
    route: str | None = None
    method: str | None = None

    def fits(self, method: str, path: str, text: str, metadata: Mapping[str, Any]) -> bool:
        """Whether a request is meant; `text` of the match is a part of its input."""
        return (
            (self.method is None or self.method == method)
            and (self.path is None or self.path in path)
            and (self.route is None or re.fullmatch(self.route, path) is not None)
            and (self.text is None or self.text in text)
            and all(metadata.get(key) == value for key, value in self.metadata.items())
        )


@dataclass(frozen=True)
class Fault:
    """Something wrong with the HTTP exchange itself.

    `drop` cuts the connection before or after the request is processed. `malformed` sends a body
    that cannot be read, with status 200 unless `status` is given. `status` alone answers an error.
    With `processed` the request takes effect all the same, so that its outcome is lost.
    `delay_seconds` comes before everything else.
    """

    status: int | None = None
    error: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    drop: Literal["before", "after"] | None = None
    malformed: Literal["json", "html", "truncated", "empty"] | None = None
    processed: bool = False
    delay_seconds: float = 0.0


@dataclass(frozen=True)
class Answer:
    """What one response does instead of what the model would.

    `text`, `calls` (each `{"name", "arguments"}`) or raw `output` items say what comes out;
    `hijack` calls every function that was declared, with the given arguments (by name, `"*"` for
    the others), and those that were not but are named; `status` ends it as failed or incomplete;
    `never_ends` leaves it in progress. With none of them the model answers, perhaps slower.
    """

    text: str | None = None
    calls: tuple[Mapping[str, Any], ...] = ()
    output: tuple[Mapping[str, Any], ...] = ()
    hijack: Mapping[str, Mapping[str, Any]] | None = None
    status: Literal["completed", "failed", "incomplete"] = "completed"
    error: Mapping[str, Any] | None = None
    reason: str | None = None
    queued_seconds: float | None = None
    working_seconds: float | None = None
    never_ends: bool = False
    usage: Mapping[str, Any] | None = None


@dataclass
class Script:
    """A fault or an answer, for the next `times` requests that match (None: for all of them).

    The first `skip` of them pass by, to whatever other script they match.
    """

    match: Match
    fault: Fault | None
    answer: Answer | None
    times: int | None = 1
    skip: int = 0
    number: int = 0


class Scripts:
    """Scripts in the order they were given; the first that matches is used."""

    def __init__(self, changed: threading.Condition) -> None:
        self._changed = changed
        self._waiting: list[Script] = []
        self._numbers = itertools.count(1)
        self._taken: set[int] = set()

    def add(self, script: Script) -> int:
        """Append a script; its number is in `taken` once it was used."""
        with self._changed:
            script.number = next(self._numbers)
            self._waiting.append(script)
            return script.number

    def taken(self) -> list[int]:
        """The numbers of the scripts that were used at least once."""
        with self._changed:
            return sorted(self._taken)

    def fault(self, method: str, path: str, body: str) -> Fault | None:
        """Take the next fault for this HTTP request, if there is one."""
        script = self._take(method, path, body, _metadata(body), kind="fault")
        return script.fault if script else None

    def answer(self, path: str, text: str, metadata: Mapping[str, Any]) -> Answer | None:
        """Take the next answer for this call of the model, if there is one."""
        script = self._take("POST", path, text, metadata, kind="answer")
        return script.answer if script else None

    def waiting(self) -> int:
        """How many scripts are not used up. A test whose fault did not fire sees it here."""
        with self._changed:
            return len(self._waiting)

    def clear(self) -> None:
        """Drop all scripts."""
        with self._changed:
            self._waiting.clear()
            self._taken.clear()

    def _take(
        self, method: str, path: str, text: str, metadata: Mapping[str, Any], kind: str
    ) -> Script | None:
        with self._changed:
            for script in self._waiting:
                wanted = getattr(script, kind) is not None
                if wanted and script.match.fits(method, path, text, metadata):
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
