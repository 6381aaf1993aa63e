"""What the demo looks like."""

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markdown import Markdown
from rich.padding import Padding
from rich.panel import Panel
from rich.rule import Rule
from rich.status import Status
from rich.text import Text

SAYINGS = {
    "CreateRun": "gives the model the messages",
    "Wait": "waits for a webhook, a cancel or a timeout",
    "CheckStatus": "looks at the model's response",
    "ExecuteTools": "calls that are ours",
    "ExecuteTool": "executes one call",
    "AwaitClient": "waits for the client's outputs",
    "SubmitToolOutputs": "gives the model the outputs",
    "FetchResponse": "makes the answer a message",
    "AnswerDirectly": "the provider does not answer",
    "CancelRun": "ends the model's work",
}
QUIET = {"Branch", "Submitted", "Ended"}
"""Choices: they take no time and say nothing that the next state does not."""

WIDE = 92
CLAUSE = re.compile(r"\s+(FROM|JOIN|WHERE|GROUP BY|ORDER BY)\b")
"""Where SQL gets a new line, so that a person can read it."""


class Screen:
    """Prints the conversation, with a spinner below while something is slow. Thread-safe."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False)
        self._status: Status | None = None
        self._since = time.monotonic()
        self._lock = threading.Lock()

    def title(self, text: str, below: str) -> None:
        self.console.print()
        self.console.print(Text(text, style="bold magenta"))
        self.console.print(Text(below, style="dim"))

    def scene(self, number: int, of: int, text: str) -> None:
        """A new part of the demo; times of states count from here."""
        self.console.print()
        self.console.print(Rule(f"[bold]{number}/{of}[/]  {text}", align="left", style="magenta"))
        self._since = time.monotonic()

    def said(self, who: str, text: str) -> None:
        panel = Panel(text, title=who, title_align="left", border_style="cyan", width=WIDE)
        self.console.print(panel)

    def answered(self, text: str) -> None:
        self.console.print(
            Panel(
                Markdown(text),
                title="assistant",
                title_align="left",
                border_style="green",
                width=WIDE,
            )
        )

    def note(self, text: str) -> None:
        """A fact beside the conversation."""
        self.console.print(Padding(Text(text, style="dim"), (0, 0, 0, 2)))

    def state(self, name: str) -> None:
        """A state of the state machine was entered."""
        if name in QUIET or name == "ExecuteTool":
            return
        saying = SAYINGS.get(name)
        line = Text(f"  {time.monotonic() - self._since:6.2f} s  ", style="dim")
        style = "bold green" if name == "FetchResponse" else "yellow" if not saying else "blue"
        line.append(f"{name:<18}", style=style)
        line.append(saying or "the run has ended", style="dim")
        self.console.print(line)
        self.working(f"{name} {saying or ''}")

    def tool_call(self, name: str, arguments: str, output: str | None, *, where: str) -> None:
        """A function call with what it was given and what came back."""
        line = Text("            ⚙ ", style="magenta")
        line.append(name, style="bold magenta")
        line.append(f"  {where}", style="dim")
        self.console.print(line)
        self._quoted("→", _readable(arguments), "white")
        if output is not None:
            self._quoted("←", _shortened(output), "dim")

    def usage(self, run: Any, seconds: float) -> None:
        """What a run took: time, tokens, money."""
        used = run.usage
        tokens = f"{used.prompt_tokens} + {used.completion_tokens} tokens" if used else "no tokens"
        cost = getattr(run, "cost_usd", None)
        money = "cost unknown" if cost is None else f"${cost:.6f}"
        self.note(f"run {run.status} in {seconds:.1f} s   {tokens}   {money}   model {run.model}")

    def working(self, text: str) -> None:
        """Changes what the spinner says, if one is turning."""
        with self._lock:
            if self._status is not None:
                self._status.update(f"[dim]{text}[/]")

    @contextmanager
    def busy(self, text: str) -> Iterator[None]:
        """A spinner for as long as the block takes."""
        with self.console.status(f"[dim]{text}[/]", spinner="dots") as status:
            with self._lock:
                self._status = status
            try:
                yield
            finally:
                with self._lock:
                    self._status = None

    def failed(self, reason: str) -> None:
        self.console.print(Panel(reason, title="The demo failed", border_style="red", width=WIDE))

    def _quoted(self, arrow: str, text: str, style: str) -> None:
        for line in text.splitlines()[:14]:
            shown = Text(f"              {arrow} {line}", style=style)
            self.console.print(shown, no_wrap=True, overflow="ellipsis")
            arrow = " "


def _readable(arguments: str) -> str:
    """Arguments as a person writes them: SQL as it is, everything else as name: value."""
    try:
        given = json.loads(arguments)
    except ValueError:
        return arguments
    if not isinstance(given, dict):
        return arguments
    if set(given) == {"sql"}:
        return CLAUSE.sub(r"\n\1", str(given["sql"]))
    return ", ".join(f"{name}: {value}" for name, value in given.items())


def _shortened(output: str, limit: int = 400) -> str:
    text = " ".join(output.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"
