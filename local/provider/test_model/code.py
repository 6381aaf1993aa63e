"""Code interpreter: read the attached table, draw a chart or write a CSV when asked."""

import re
from pathlib import PurePath

from local.provider.test_model.chart import draw_chart
from local.provider.test_model.prompt import Desk, Json, Prompt, WrittenFile, say
from local.provider.test_model.tables import READABLE, Series, Table, points_in, read_table

_CHART = re.compile(r"\b(?:charts?|plot|graph|draw)\b", re.I)
_EXPORT = re.compile(r"\b(?:export|save|write)\b.*\bcsv\b", re.I | re.S)
_SILENT = re.compile(r"\bwithout mentioning\b", re.I)


def use_code_interpreter(prompt: Prompt, desk: Desk) -> list[Json]:
    """Return the call and a message that cites the files it wrote; nothing without a task."""
    if not prompt.has("code_interpreter"):
        return []
    question = prompt.question
    files = desk.container_files()
    tables = [table for name, content in files.items() if (table := read_table(name, content))]
    unread = [name for name in files if PurePath(name).suffix.lower() not in READABLE]
    table = tables[-1] if tables else None
    series = (table.series(question) if table else None) or points_in(question)
    if series is None:
        return _without_data(desk, unread) if unread or _CHART.search(question) else []
    written: list[WrittenFile] = []
    code = ["import pandas as pd"]
    if table is not None:
        code += [f"df = pd.read_csv('/mnt/data/{table.filename}')", "print(df.describe())"]
    stem = re.sub(r"\W+", "_", series.title.lower()).strip("_")
    if _CHART.search(question):
        png = draw_chart(series.title, series.labels, series.values)
        written.append(desk.write_file(f"{stem}.png", png))
        code.append(f"df.plot().figure.savefig('/mnt/data/{stem}.png')")
    elif _EXPORT.search(question):
        written.append(desk.write_file(f"{stem}.csv", series.as_csv()))
        code.append(f"df.to_csv('/mnt/data/{stem}.csv')")
    logs = table.describe() if table else f"{series.labels} {series.values}"
    mentioned = [] if _SILENT.search(question) else written
    text = _text(table, series, mentioned)
    return [_call(desk, "\n".join(code), logs), say(text, _citations(text, mentioned))]


def _without_data(desk: Desk, unread: list[str]) -> list[Json]:
    text = f"I cannot read {', '.join(unread)}." if unread else "There is no data to draw."
    return [_call(desk, "import os\nprint(os.listdir('/mnt/data'))", str(unread)), say(text)]


def _call(desk: Desk, code: str, logs: str) -> Json:
    return {
        "type": "code_interpreter_call",
        "status": "completed",
        "code": code,
        "container_id": desk.container_id(),
        "outputs": [{"type": "logs", "logs": logs}],
    }


def _text(table: Table | None, series: Series, written: list[WrittenFile]) -> str:
    highest = max(range(len(series.values)), key=lambda index: series.values[index])
    parts = [f"{table.filename} has {table.rows:,} rows."] if table else []
    parts.append(
        f"{series.title}: the highest is {series.labels[highest]} with "
        f"{series.values[highest]:,g}, the total is {sum(series.values):,g}."
    )
    for file in written:
        kind = "chart" if file.filename.endswith(".png") else "file"
        parts.append(f"Here is the {kind}: [{file.filename}](sandbox:/mnt/data/{file.filename})")
    return " ".join(parts)


def _citations(text: str, written: list[WrittenFile]) -> list[Json]:
    citations = []
    for file in written:
        link = f"sandbox:/mnt/data/{file.filename}"
        start = text.index(link)
        citations.append(
            {
                "type": "container_file_citation",
                "container_id": file.container_id,
                "file_id": file.file_id,
                "filename": file.filename,
                "start_index": start,
                "end_index": start + len(link),
            }
        )
    return citations
