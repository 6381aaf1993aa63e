"""What the demo prints."""

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console, RenderableType
from rich.markdown import Markdown
from rich.padding import Padding
from rich.panel import Panel
from rich.rule import Rule
from rich.status import Status
from rich.text import Text

EXPLANATIONS = {
    "CreateRun": "sends the messages to the model",
    "Wait": "sleeps until a webhook or a timeout",
    "CheckStatus": "reads the model's response",
    "ExecuteTool": "runs the server-side tool call",
    "ExecuteTools": "runs the server-side tool calls",
    "AwaitClient": "waits for the client's tool outputs",
    "SubmitToolOutputs": "sends the tool outputs; sleeps as Wait does",
    "FetchResponse": "stores the answer as a message",
    "AnswerDirectly": "asks the fallback provider",
    "CancelRun": "cancels the model's response",
}
QUIET = {"Branch", "Ended", "ExecuteEachTool"}
"""Choices, because the next state shows what they decided, and the states inside the Map."""

WIDE = 92
CLAUSE = re.compile(r"\s+(FROM|JOIN|WHERE|GROUP BY|ORDER BY)\b")
"""SQL is shown with each of these clauses on its own line."""


class Screen:
    """Prints the conversation, with a spinner below while the demo waits. Thread-safe."""

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
        """Begins a scene; the times of states count from here."""
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
        """Prints a remark."""
        self.console.print(Padding(Text(text, style="dim"), (0, 0, 0, 2)))

    def state(self, name: str) -> None:
        """Prints that the state machine entered a state."""
        if name in QUIET:
            return
        explanation = EXPLANATIONS.get(name)
        line = Text(f"  {time.monotonic() - self._since:6.2f} s  ", style="dim")
        style = "bold green" if name == "FetchResponse" else "yellow" if not explanation else "blue"
        line.append(f"{name:<18}", style=style)
        line.append(explanation or "the run has ended", style="dim")
        self.console.print(line)
        self.working(f"[dim]{name} {explanation or ''}[/]")

    def tool_call(self, name: str, arguments: str, output: str | None, *, where: str) -> None:
        """Prints a function call with its arguments and its output."""
        line = Text("            ⚙ ", style="magenta")
        line.append(name, style="bold magenta")
        line.append(f"  {where}", style="dim")
        self.console.print(line)
        self._quoted("→", _readable(arguments), "white")
        if output is not None:
            self._quoted("←", _shortened(output), "dim")

    def usage(self, run: Any, seconds: float) -> None:
        """Prints a run's time, tokens and cost."""
        used = run.usage
        tokens = f"{used.prompt_tokens} + {used.completion_tokens} tokens" if used else "no tokens"
        cost = getattr(run, "cost_usd", None)
        money = "cost unknown" if cost is None else f"${cost:.6f}"
        self.note(f"run {run.status} in {seconds:.1f} s   {tokens}   {money}   model {run.model}")

    def working(self, shown: RenderableType) -> None:
        """Changes what is shown beside the spinner, if there is one."""
        with self._lock:
            if self._status is not None:
                self._status.update(shown)

    def writing(self, text: str) -> None:
        """Shows an answer that is being written, in place of the spinner's text."""
        self.working(Panel(Markdown(text), title="assistant", title_align="left", width=WIDE))

    @contextmanager
    def busy(self, text: str) -> Iterator[None]:
        """Shows a spinner during the block."""
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
    """Returns arguments for reading: SQL as it is, everything else as name: value."""
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
