"""Code interpreter: look into the container's files, draw a chart or write a file when asked."""

from __future__ import annotations

import re
from typing import Literal

from local.provider.brain.arithmetic import work_out
from local.provider.brain.desk import Desk, WrittenFile
from local.provider.brain.drafts import say
from local.provider.brain.outputs import shown
from local.provider.brain.prompt import Json, Prompt
from local.provider.brain.tables import Series, Sheet, read_sheet, series_of
from local.provider.charts import draw_chart

_CHART = re.compile(
    r"\b(?:charts?|plots?|graphs?|draw|visuali[sz]e|histogram|diagram|picture)\b", re.I
)
_WORK = re.compile(
    r"\b(?:analy[sz]e|analysis|csv|spreadsheet|compute|calculate|python|code|data|statistics|"
    r"average|mean|sum|total|rows|columns|summari[sz]e|solve|factorial|fibonacci)\b",
    re.I,
)
_EXPORT = re.compile(
    r"\b(?:save|write|export|create|make|give me|generate|produce|as)\b[^.?!]*?"
    r"\b(csv|text file|txt|file)\b",
    re.I,
)
_SILENT = re.compile(r"\b(?:without|don't|do not)\s+mention(?:ing)?\b", re.I)
_LINE = re.compile(r"\b(?:line|trend|over time|time series|curve)\b", re.I)
_POINT = re.compile(r"([A-Za-z][\w ]{0,20}?)\s*[:=]\s*(-?\d+(?:\.\d+)?)")
_NUMBER = re.compile(r"(?<![\w^])-?\d+(?:\.\d+)?")
_SQUARES = [float(n * n) for n in range(1, 11)]


def wants_code(prompt: Prompt) -> bool:
    """Whether code interpreter is there and the question is a job for it."""
    if prompt.hosted("code_interpreter") is None:
        return False
    return bool(_CHART.search(prompt.question) or _WORK.search(prompt.question))


def run_code(prompt: Prompt, desk: Desk) -> list[Json]:
    """The call with its code and logs, and the message that cites the files it made."""
    question = prompt.question
    sheets = [s for name, data in desk.container_files().items() if (s := _sheet(name, data))]
    sheet = sheets[-1] if sheets else None
    series = (series_of(sheet, question) if sheet else None) or _given_points(question)
    written: list[WrittenFile] = []
    if _CHART.search(question):
        kind: Literal["bar", "line"] = (
            "line" if _LINE.search(question) or series.over_time else "bar"
        )
        png = draw_chart(series.title, series.labels, series.values, kind=kind)
        written.append(desk.write_file(_filename(series, "png"), png))
    if (asked := _EXPORT.search(question)) is not None and not written:
        name, content = _exported(series, asked.group(1).lower())
        written.append(desk.write_file(name, content))
    logs = sheet.describe() if sheet else work_out(question) or f"{series.title}: {series.values}"
    mentioned = [] if _SILENT.search(question) else written
    text = _text(sheet, series, mentioned, logs)
    return [_call(prompt, desk, sheet, written, logs), say(text, _citations(text, mentioned))]


def _sheet(name: str, content: bytes) -> Sheet | None:
    is_table = name.lower().endswith((".csv", ".tsv", ".txt"))
    return read_sheet(name, content) if is_table else None


def _given_points(question: str) -> Series:
    pairs = [(label.strip().split()[-1], float(value)) for label, value in _POINT.findall(question)]
    if len(pairs) > 1:
        return Series("Given values", [p[0] for p in pairs], [p[1] for p in pairs], False)
    values = [float(value) for value in _NUMBER.findall(question)]
    if len(values) < 2:
        values, title = _SQUARES, "y = x²"
    else:
        title = "Given values"
    return Series(
        title, [str(i) for i in range(1, len(values) + 1)], values, title != "Given values"
    )


def _call(
    prompt: Prompt, desk: Desk, sheet: Sheet | None, written: list[WrittenFile], logs: str
) -> Json:
    lines = ["import pandas as pd"]
    if sheet is not None:
        lines += [f"df = pd.read_csv('/mnt/data/{sheet.filename}')", "print(df.describe())"]
    if any(file.filename.endswith(".png") for file in written):
        lines += ["import matplotlib.pyplot as plt", "df.plot()"]
    lines += [f"# writes /mnt/data/{file.filename}" for file in written]
    outputs: list[Json] = [{"type": "logs", "logs": logs}]
    return {
        "type": "code_interpreter_call",
        "status": "completed",
        "code": "\n".join(lines),
        "container_id": desk.container_id(),
        "outputs": outputs,
    }


def _text(sheet: Sheet | None, series: Series, written: list[WrittenFile], logs: str) -> str:
    parts = []
    if sheet is not None:
        parts.append(f"{sheet.filename} has {len(sheet.rows):,} rows.")
        top = max(range(len(series.values)), key=lambda i: series.values[i])
        parts.append(
            f"{series.title}: the highest is {series.labels[top]} with "
            f"{shown(round(series.values[top], 2))}, the total shown is "
            f"{shown(round(sum(series.values), 2))}."
        )
    elif not written:
        parts.append(f"{logs}.")
    for file in written:
        what = "chart" if file.filename.endswith(".png") else "file"
        parts.append(f"Here is the {what}: [{file.filename}](sandbox:/mnt/data/{file.filename})")
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


def _filename(series: Series, extension: str) -> str:
    stem = re.sub(r"\W+", "_", series.title.lower()).strip("_") or "chart"
    return f"{stem}.{extension}"


def _exported(series: Series, kind: str) -> tuple[str, bytes]:
    pairs = list(zip(series.labels, series.values, strict=True))
    if kind == "csv":
        rows = "".join(f"{label},{value:g}\n" for label, value in pairs)
        return _filename(series, "csv"), f"label,value\n{rows}".encode()
    lines = "".join(f"{label}: {shown(value)}\n" for label, value in pairs)
    return _filename(series, "txt"), lines.encode()
