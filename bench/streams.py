"""Streamed runs beside the same response streamed directly from the provider."""

import http.client
import json
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import median
from typing import Any
from urllib.parse import urlsplit

from bench.bench_stack import BenchStack
from bench.costs import read_prices
from bench.figures import paired_ratio, percentile
from bench.processes import memory_of
from bench.progress import tell
from bench.report import Section, Table

FUNCTION = "StreamRunFunction"
PIECES = tuple(f"{number} " for number in range(60))
"""One delta each, so that a delta is known by its text."""

DELTA_SECONDS = 0.05
LONG_STREAM_SECONDS = 20
TIMEOUT_SECONDS = 300


@dataclass(frozen=True)
class Seen:
    """When a reader received each delta, and the end, in seconds of one clock."""

    started: float
    deltas: Sequence[float]
    ended: float

    @property
    def first(self) -> float:
        """Seconds from the request to the first delta."""
        return self.deltas[0] - self.started

    @property
    def total(self) -> float:
        """Seconds from the request to the end."""
        return self.ended - self.started


@dataclass(frozen=True)
class Streams:
    """What was measured."""

    direct: Sequence[Seen]
    ours: Sequence[Seen]
    delays: Sequence[float]
    """Seconds by which our client received each delta later than a reader at the provider."""
    at_once: Sequence[Seen]
    read_units: float
    """Read units of the streaming function for each stream."""
    seconds: float
    """Seconds of a stream in which these were counted."""
    memory_mb: tuple[float, float]
    """Of the streaming function's largest process, after the first stream and after the last."""


def measure(stack: BenchStack, rounds: int, at_once: int) -> Streams:
    """Measures pairs of streams one after the other, then many at the same time."""
    stack.control.set_speeds(delta=DELTA_SECONDS)
    try:
        _ours(stack)  # starts the execution environments
        first = memory_of(FUNCTION)
        direct, ours, delays = [], [], []
        with stack.measuring(rounds) as measured:
            for number in range(rounds):
                tell(f"streams: round {number + 1} of {rounds}")
                direct.append(_direct(stack))
                mine, beside = _beside(stack)
                ours.append(mine)
                pairs = zip(mine.deltas, beside.deltas, strict=True)
                delays += [later - sooner for later, sooner in pairs]
        last = memory_of(FUNCTION)
        reads = measured[0].counts.read_by
        units = sum(units for (who, _), units in reads.items() if who == FUNCTION) / rounds
        tell(f"streams: {at_once} at once")
        with ThreadPoolExecutor(at_once) as pool:
            many = list(pool.map(lambda _: _ours(stack), range(at_once)))
    finally:
        stack.control.set_speeds(delta=0)
    seconds = median(seen.total for seen in ours)
    return Streams(direct, ours, delays, many, units, seconds, (first, last))


def _direct(stack: BenchStack) -> Seen:
    """Streams a background response from the provider."""
    stack.control.script_answer(deltas=list(PIECES))
    body = {"model": "gpt-6-luna", "input": "Go.", "background": True, "stream": True}
    return _seen(_provider(stack, "POST", "/responses", body))


def _ours(stack: BenchStack) -> Seen:
    stack.control.script_answer(deltas=list(PIECES))
    client = stack.new_client()
    thread_id = client.new_thread()
    client.call("POST", f"/threads/{thread_id}/messages", {"role": "user", "content": "Go."})
    client.close()
    body = {"assistant_id": stack.assistants["plain"], "stream": True}
    url, key = stack.stack.base_url, stack.stack.api_key
    return _seen(_lines(url, key, "POST", f"/threads/{thread_id}/runs", body))


def _beside(stack: BenchStack) -> tuple[Seen, Seen]:
    """Streams a run, and its response from the provider at the same time."""
    before = set(stack.control.live()["response"])
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(_ours, stack)
        until, pause = time.monotonic() + TIMEOUT_SECONDS, threading.Event()
        while not (new := set(stack.control.live()["response"]) - before):
            if time.monotonic() > until:
                raise TimeoutError("the run has no response")
            pause.wait(0.01)
        path = f"/responses/{new.pop()}?stream=true"
        beside = _seen(_provider(stack, "GET", path))
        return running.result(), beside


def _provider(
    stack: BenchStack, method: str, path: str, body: Any = None
) -> Iterator[tuple[float, str]]:
    provider = stack.stack.provider
    assert provider is not None
    return _lines(provider.base_url, provider.key, method, path, body)


def _seen(lines: Iterator[tuple[float, str]]) -> Seen:
    """Returns when each piece arrived; a delta may hold several. Raises RuntimeError if one is
    missing.
    """
    (started, _), ended = next(lines), 0.0
    arrived: list[float] = []
    for ended, line in lines:
        if line.startswith("data: {"):
            arrived += [ended] * len(_text(json.loads(line.removeprefix("data: "))).split())
    if len(arrived) != len(PIECES):
        raise RuntimeError(f"{len(arrived)} pieces of {len(PIECES)} arrived")
    return Seen(started, arrived, ended)


def _text(event: Any) -> str:
    """Returns the text of a delta of the API or of the provider, else nothing."""
    if event.get("object") == "thread.message.delta":
        return str(event["delta"]["content"][0]["text"]["value"])
    return str(event["delta"]) if event.get("type") == "response.output_text.delta" else ""


def _lines(
    url: str, key: str, method: str, path: str, body: Any = None
) -> Iterator[tuple[float, str]]:
    """Yields the time of the request, then each line of the response with its time."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(
        parts.hostname or "", parts.port, timeout=TIMEOUT_SECONDS
    )
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    yield time.monotonic(), ""
    connection.request(method, parts.path + path, json.dumps(body) if body else None, headers)
    response = connection.getresponse()
    if response.status != 200:
        raise RuntimeError(f"{method} {path}: {response.status} {response.read()[:300]!r}")
    for line in response:
        yield time.monotonic(), line.decode().rstrip("\n")
    connection.close()


def section(found: Streams) -> Section:
    """Returns the section of the page."""
    _, prices = read_prices()
    made = Section("Streams")
    later = [
        mine.first - theirs.first for mine, theirs in zip(found.ours, found.direct, strict=True)
    ]
    totals = [seen.total for seen in found.ours], [seen.total for seen in found.direct]
    many = [seen.first for seen in found.at_once]
    reads = found.read_units / found.seconds * LONG_STREAM_SECONDS
    dollars = LONG_STREAM_SECONDS * prices["lambda_gb_second"] + reads * prices["read_unit"]
    made.text = [
        f"An answer of {len(PIECES)} deltas, one every {DELTA_SECONDS * 1000:.0f} ms, streamed as "
        "a run and directly from the provider as a background response, in turns. The delay of a "
        "delta is the time by which our client receives it later than a reader of the same "
        "response at the provider. The cost of a stream is the time of the streaming function, "
        "which has 1 GB, and its reads of the table; the run itself costs what it costs without a "
        "stream.",
    ]
    rows = [
        ("time to the first delta, median s", f"{median(s.first for s in found.ours):.2f}"),
        ("of the direct stream, median s", f"{median(s.first for s in found.direct):.2f}"),
        ("later than the direct stream, median s", f"{median(later):.3f}"),
        ("total time, of the direct stream", f"{paired_ratio(*totals):.2f}"),
        ("delay of a delta, median ms", f"{median(found.delays) * 1000:.0f}"),
        ("delay of a delta, p99 ms", f"{percentile(found.delays, 0.99) * 1000:.0f}"),
        (f"first delta of {len(many)} streams at once, median s", f"{median(many):.2f}"),
        (f"first delta of {len(many)} streams at once, p99 s", f"{percentile(many, 0.99):.2f}"),
        ("cost of a stream of 20 s, dollars", f"{dollars:.6f}"),
        ("memory after the first stream, MB", f"{found.memory_mb[0]:.0f}"),
        (f"memory after {len(found.ours) + 1} streams, MB", f"{found.memory_mb[1]:.0f}"),
    ]
    made.tables = [Table(("figure", "measured"), rows)]
    made.measured = {
        "first delta": median(later),
        "time of a stream": paired_ratio(*totals),
        "memory of a stream": found.memory_mb[1] / found.memory_mb[0],
    }
    return made
