"""A typed client of the control API, for tests and for whoever runs the stand-in."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterable, Mapping
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit

Json = dict[str, Any]
Stage = Literal["queued", "in_progress"]
_MARGIN = 15.0


class ControlError(Exception):
    """The control API refused. `status` is 408 when a wait ran out of time."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status


class ControlClient:
    """Drives one stand-in. Thread-safe: each call has its own connection."""

    def __init__(self, base_url: str) -> None:
        parts = urlsplit(base_url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port

    def reset(self, *, keep_endpoints: bool = False) -> None:
        """Empty the account and forget all scripts, gates, speeds and ledgers."""
        self._call("POST", "reset", {"keep_endpoints": keep_endpoints})

    def script_answer(
        self,
        *,
        text: str | None = None,
        calls: Iterable[Mapping[str, Any]] = (),
        output: Iterable[Mapping[str, Any]] = (),
        hijack: Mapping[str, Mapping[str, Any]] | None = None,
        status: Literal["completed", "failed", "incomplete"] = "completed",
        error: Mapping[str, Any] | None = None,
        reason: str | None = None,
        queued_seconds: float | None = None,
        working_seconds: float | None = None,
        never_ends: bool = False,
        usage: Mapping[str, Any] | None = None,
        match: Mapping[str, Any] | None = None,
        times: int | None = 1,
    ) -> None:
        """What the next matching response does. See `local.provider.scripts.Answer`."""
        answer = {
            "text": text,
            "calls": list(calls),
            "output": list(output),
            "hijack": hijack,
            "status": status,
            "error": error,
            "reason": reason,
            "queued_seconds": queued_seconds,
            "working_seconds": working_seconds,
            "never_ends": never_ends,
            "usage": usage,
        }
        self._call("POST", "scripts", {"answer": answer, "match": match or {}, "times": times})

    def script_fault(
        self,
        *,
        status: int | None = None,
        error: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        drop: Literal["before", "after"] | None = None,
        malformed: Literal["json", "html", "truncated", "empty"] | None = None,
        processed: bool = False,
        delay_seconds: float = 0.0,
        match: Mapping[str, Any] | None = None,
        times: int | None = 1,
        skip: int = 0,
    ) -> int:
        """What goes wrong with the next matching request. See `local.provider.scripts.Fault`.

        Returns a number that is among `scripts_taken` once the fault has begun.
        """
        fault = {
            "status": status,
            "error": error or {},
            "headers": headers or {},
            "drop": drop,
            "malformed": malformed,
            "processed": processed,
            "delay_seconds": delay_seconds,
        }
        script = {"fault": fault, "match": match or {}, "times": times, "skip": skip}
        return int(self._call("POST", "scripts", script)["number"])

    def scripts_taken(self) -> list[int]:
        """The numbers of the scripts that were used."""
        taken: list[int] = self._call("GET", "scripts")["taken"]
        return taken

    def scripts_waiting(self) -> int:
        """How many scripts were not used up."""
        return int(self._call("GET", "scripts")["waiting"])

    def set_speeds(self, **seconds: float) -> Json:
        """Change speeds, by the names in `local.provider.options.Speeds`."""
        return self._call("POST", "speeds", seconds)

    def advance_clock(self, seconds: float) -> float:
        """Advance the clock and return the new time."""
        return float(self._call("POST", "clock", {"seconds": seconds})["now"])

    def hold(self, stage: Stage | None = None) -> None:
        """Keep responses in a stage (None: in both) until they are released."""
        self._call("POST", "hold", {"stage": stage})

    def release(self, stage: Stage | None = None, response_id: str | None = None) -> int:
        """Open the gates, or let one response go on. Returns how many went on."""
        body = {"stage": stage, "response_id": response_id}
        return int(self._call("POST", "release", body)["released"])

    def requests(
        self, *, method: str | None = None, path: str | None = None, since: int = 0
    ) -> list[Json]:
        """The requests that are remembered; `path` is a part of theirs."""
        found: list[Json] = self._call(
            "GET", "requests", query={"method": method, "path": path, "since": since}
        )["data"]
        return found

    def events(
        self,
        *,
        kind: str | None = None,
        action: str | None = None,
        object_id: str | None = None,
        since: int = 0,
    ) -> list[Json]:
        """What happened to objects."""
        query = {"kind": kind, "action": action, "id": object_id, "since": since}
        found: list[Json] = self._call("GET", "objects", query=query)["events"]
        return found

    def live(self) -> dict[str, dict[str, Json]]:
        """The objects that exist, by kind and id."""
        return dict(self._call("GET", "objects")["live"])

    def counters(self) -> Json:
        """Counters, responses by status, unfinished responses, scripts not used up."""
        return self._call("GET", "counters")

    def forget_requests(self) -> None:
        """Empty the list of requests."""
        self._call("POST", "requests/forget")

    def wait_for_requests(
        self,
        count: int,
        *,
        method: str | None = None,
        path: str | None = None,
        since: int = 0,
        timeout: float = 10.0,
    ) -> None:
        """Block until so many requests were answered. Raises `ControlError` (408)."""
        self._wait(timeout, requests=count, method=method, path=path, since=since)

    def wait_for_response(self, response_id: str, *statuses: str, timeout: float = 10.0) -> None:
        """Block until a response has one of the statuses. Raises `ControlError` (408)."""
        self._wait(timeout, response=response_id, status=",".join(statuses))

    def wait_for_responses(self, count: int, *statuses: str, timeout: float = 10.0) -> None:
        """Block until so many kept responses have one of the statuses."""
        self._wait(timeout, responses=count, status=",".join(statuses))

    def wait_for_parked(
        self, count: int, stage: Stage | None = None, timeout: float = 10.0
    ) -> None:
        """Block until so many responses wait at the gates."""
        self._wait(timeout, parked=count, stage=stage)

    def wait_for_objects(
        self,
        count: int,
        *,
        kind: str | None = None,
        action: str | None = None,
        object_id: str | None = None,
        since: int = 0,
        timeout: float = 10.0,
    ) -> None:
        """Block until so many events of objects happened."""
        self._wait(timeout, objects=count, kind=kind, action=action, id=object_id, since=since)

    def wait_for_deliveries(
        self, count: int, state: str | None = "delivered", timeout: float = 10.0
    ) -> None:
        """Block until so many webhook deliveries are in a state."""
        self._wait(timeout, deliveries=count, state=state)

    def wait_until_idle(self, timeout: float = 10.0) -> None:
        """Block until no response is unfinished and no delivery is on its way."""
        self._wait(timeout, idle=1)

    def deliveries(self) -> list[Json]:
        """The webhook deliveries that are remembered."""
        return list(self._call("GET", "webhooks")["data"])

    def set_deliveries(self, *, hold: bool = False, copies: int = 1, reverse: bool = False) -> None:
        """Hold deliveries, send each several times, release them newest first."""
        self._call("POST", "webhooks", {"hold": hold, "copies": copies, "reverse": reverse})

    def release_deliveries(self) -> int:
        """Send what was held. Returns how many."""
        return int(self._call("POST", "webhooks/release")["released"])

    def send_event(self, event: Mapping[str, Any]) -> list[Json]:
        """Send any event to every endpoint, signed."""
        sent: list[Json] = self._call("POST", "webhooks/send", event)["data"]
        return sent

    def _wait(self, timeout: float, **query: Any) -> None:
        self._call("GET", "wait", query={**query, "timeout": timeout}, patience=timeout + _MARGIN)

    def _call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
        patience: float = _MARGIN,
    ) -> Json:
        given = urlencode({k: v for k, v in (query or {}).items() if v is not None})
        connection = http.client.HTTPConnection(self._host, self._port, timeout=patience)
        try:
            connection.request(
                method,
                f"/_control/{path}?{given}" if given else f"/_control/{path}",
                json.dumps(body or {}) if method == "POST" else None,
                {"content-type": "application/json", "connection": "close"},
            )
            response = connection.getresponse()
            answer: Json = json.loads(response.read())
        finally:
            connection.close()
        if response.status >= 400:
            raise ControlError(response.status, answer["error"]["message"])
        return answer
