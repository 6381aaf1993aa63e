"""Writes the report on a dropped file into the bucket: a Markdown text, its images, a status."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from understudy.domain.drop_reports import (
    REPORT,
    STATUS,
    DropStatus,
    object_names,
    report_text,
    status_text,
)
from understudy.domain.drops import RUN_METADATA, report_prefix
from understudy.domain.run_steps import GeneratedFile
from understudy.domain.runs import Run
from understudy.errors import NoSuchObjectError

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.drops import Drops
    from understudy.adapters.dynamodb.files import Files
    from understudy.adapters.dynamodb.messages import Messages
    from understudy.adapters.s3 import S3Objects

MARKDOWN = "text/markdown; charset=utf-8"
JSON = "application/json"


@dataclass(frozen=True)
class DropReports:
    """The reports on dropped files, below `answers/`."""

    files: "Files"
    drops: "Drops"
    messages: "Messages"
    objects: "S3Objects"
    now: Callable[[], float]

    def write_answer(self, run: Run, generated: Sequence[GeneratedFile]) -> None:
        """Writes the report with the run's messages, or with the reason for its failure.

        Images and files are copied first, so they exist when the text appears. Only the newest
        version of a dropped file is reported on: a slower run on an older version must not
        overwrite its report.
        """
        file = self.files.get(run.tenant, run.metadata[RUN_METADATA])
        if file is None or file.drop_key is None:
            return
        if self.drops.newest(run.tenant, file.drop_key) != file.id:
            return
        prefix = report_prefix(file.drop_key)
        names = object_names(generated)
        stored = self.files.get_many(run.tenant, list(names))
        for file_id, name in names.items():
            source = stored[file_id].object_key if file_id in stored else None
            if source is not None:
                self._copy(source, prefix + name)
        messages = [
            message
            for message in self.messages.newest_first(run.tenant, run.thread_id)
            if message.run_id == run.id
        ]
        text = report_text(run, messages[::-1], generated, names)
        status = DropStatus.ANSWERED if messages else DropStatus.FAILED
        self._end(file.drop_key, status, text, f"Run {run.id} ended as {run.status}.")

    def write_refusal(self, key: str, reason: str, advice: str = "") -> None:
        """Writes a report that says why the file was refused, and what to do."""
        self._end(key, DropStatus.REFUSED, _joined(reason, advice), reason)

    def write_attached(self, key: str, reason: str, advice: str) -> None:
        """Writes a report that the file was added to its thread without a run, and what to do."""
        self._end(key, DropStatus.ATTACHED, _joined(reason, advice), reason)

    def write_progress(self, key: str, detail: str) -> None:
        """Writes the status `in_progress`."""
        self._put_status(key, DropStatus.IN_PROGRESS, detail)

    def _end(self, key: str, status: DropStatus, text: str, detail: str) -> None:
        body = text.encode("utf-8", "replace")
        self.objects.put(report_prefix(key) + REPORT, body, MARKDOWN)
        self._put_status(key, status, detail)

    def _put_status(self, key: str, status: DropStatus, detail: str) -> None:
        body = status_text(status, detail, self.now()).encode("utf-8", "replace")
        self.objects.put(report_prefix(key) + STATUS, body, JSON)

    def _copy(self, source: str, to: str) -> None:
        try:
            self.objects.copy(source, to)
        except NoSuchObjectError:
            return  # the thread is being removed


def _joined(reason: str, advice: str) -> str:
    return "\n\n".join(part for part in (reason, advice.strip()) if part) + "\n"
