"""PNG plots of the measurements."""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, StrMethodFormatter

from bench.budgets import BUDGETS
from bench.report import Section

mpl.use("agg")
MEASURED, BASELINE, LIMIT = "#1f6f8b", "#b0b7bd", "#c0392b"
DPI = 120
STYLE = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
}


def draw(sections: Sequence[Section], folder: Path) -> None:
    """Draws every series into a file, and adds the file to its section."""
    folder.mkdir(parents=True, exist_ok=True)
    for section in sections:
        for name, series in section.series.items():
            draw_one, alt = PLOTS[name]
            file = f"benchmarks-{name.replace(' ', '-')}.png"
            with mpl.rc_context(STYLE):
                figure = draw_one(series)
            figure.savefig(folder / file, dpi=DPI, bbox_inches="tight", metadata={"Software": None})
            section.plots.append((file, alt))


def _cold_start(ratios: Mapping[str, Any]) -> Figure:
    figure = Figure(figsize=(7, 0.26 * len(ratios) + 0.8))
    axes = figure.subplots()
    names = list(ratios)[::-1]
    colours = [BASELINE if name.startswith("naive") else MEASURED for name in names]
    axes.barh(names, [ratios[name] for name in names], color=colours)
    for budget in ("cold start without OpenAI", "cold start with OpenAI"):
        axes.axvline(BUDGETS[budget].at_most, color=LIMIT, linewidth=1, linestyle=":")
    axes.set_xlabel("CPU time of a cold start, as a share of the naive handler's")
    return figure


def _delay(delays: Mapping[str, Any]) -> Figure:
    figure = Figure(figsize=(7, 3.2))
    axes = figure.subplots()
    for name, values in delays.items():
        ranked = sorted(values)
        shares = [(rank + 1) / len(ranked) for rank in range(len(ranked))]
        axes.step([0, *ranked], [0, *shares], where="post", label=name)
    axes.set_xlabel("seconds from the provider's response to the client's poll")
    axes.set_ylabel("share of runs")
    axes.set_ylim(0, 1)
    axes.legend(loc="lower right")
    return figure


def _money(dollars: Mapping[str, Any]) -> Figure:
    figure = Figure(figsize=(7, 2.6))
    axes = figure.subplots()
    names = list(dollars)[::-1]
    colours = [BASELINE if "fixed" in name else MEASURED for name in names]
    bars = axes.barh(names, [dollars[name] for name in names], color=colours)
    axes.bar_label(bars, fmt="%.2f", padding=3)
    axes.set_xscale("log")
    axes.set_xlabel("dollars for a thousand runs")
    return figure


def _growth(series: Mapping[str, Any]) -> Figure:
    figure = Figure(figsize=(9, 3))
    threads, messages, loads = figure.subplots(1, 3)
    _points(threads, series["threads"], "threads in the table")
    _points(messages, series["messages"], "messages in the thread")
    at_once = [load.at_once for load in series["at once"]]
    loads.plot(
        at_once, [load.per_second for load in series["at once"]], "o-", label="runs a second"
    )
    loads.plot(
        at_once, [load.p99_seconds for load in series["at once"]], "s-", label="p99, seconds"
    )
    _scaled(loads, "runs at once")
    figure.tight_layout()
    return figure


def _points(axes: Axes, points: Sequence[Any], what: str) -> None:
    sizes = [point.size for point in points]
    axes.plot(sizes, [point.cpu_ms for point in points], "o-", label="CPU, ms")
    axes.plot(sizes, [point.write_units for point in points], "s-", label="write units")
    axes.plot(sizes, [point.read_units for point in points], "^-", label="read units")
    _scaled(axes, what)


def _scaled(axes: Axes, what: str) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    for scale in (axes.xaxis, axes.yaxis):
        scale.set_major_formatter(StrMethodFormatter("{x:,g}"))
        scale.set_minor_formatter(NullFormatter())
    low, high = axes.get_ylim()
    # From a whole power of ten to one, with room for the legend.
    axes.set_ylim(10 ** math.floor(math.log10(low)), 10 ** math.ceil(math.log10(high * 2)))
    axes.set_xlabel(what)
    axes.legend(loc="upper left")


PLOTS: dict[str, tuple[Callable[[Mapping[str, Any]], Figure], str]] = {
    "cold start": (_cold_start, "CPU time of a cold start of each function beside the naive one"),
    "delay": (_delay, "Distribution of the delay for each way of waiting"),
    "money": (_money, "Dollars for a thousand runs for each way of waiting"),
    "growth": (_growth, "Figures of a run by number of threads, messages, and runs at once"),
}
