"""The report on a dropped file: what was answered, or why there is no answer and what to do."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum

from understudy.domain.drops import PROMPT_SUFFIX
from understudy.domain.file_names import UNSAFE
from understudy.domain.file_types import CONTENT_TYPES
from understudy.domain.files import MAX_FILE_BYTES
from understudy.domain.messages import Message
from understudy.domain.run_steps import GeneratedFile
from understudy.domain.runs import Run

REPORT = "answer.md"
STATUS = "status.json"
MAX_NAME_BYTES = 120
"""Of a file beside a report. Together with the longest prefix it fits into a key of the bucket."""

SANDBOX = "sandbox:/mnt/data/"
"""How the model links to files of its container."""

HOW_TO_DROP = f"""What to do: put the file again, at
`drop/{{tenant}}/{{user_id}}/{{purpose}}/{{name}}`.

- Tenant, user id and purpose have 1 to 128 characters without spaces, `/`, `\\` or `#`.
- The name ends in one of: {", ".join(sorted(CONTENT_TYPES))}.
- The file has 1 to {MAX_FILE_BYTES} bytes.
"""
HOW_TO_ASK = f"""What to do: to have a file answered, put it again with the metadata `assistant-id`,
or ask the operator to set an assistant for this purpose in the parameter `DropDefaults`. The
message to send is the metadata `message`, or a file beside it named `{{name}}{PROMPT_SUFFIX}`.
"""


class DropStatus(StrEnum):
    """How far a dropped file is, as `status.json` shows it."""

    IN_PROGRESS = "in_progress"
    ANSWERED = "answered"
    ATTACHED = "attached"
    REFUSED = "refused"
    FAILED = "failed"


def status_text(status: DropStatus, detail: str, now: float) -> str:
    """Returns the content of `status.json`."""
    at = datetime.fromtimestamp(int(now), UTC).isoformat()
    return json.dumps({"status": str(status), "detail": detail, "updated_at": at}, indent=2) + "\n"


def object_names(generated: Sequence[GeneratedFile]) -> dict[str, str]:
    """Returns names for files beside a report, by file id; equal names are made different."""
    names: dict[str, str] = {}
    for file in generated:
        name = UNSAFE.sub("_", file.filename).replace("/", "_").strip(". ") or file.file_id
        if len(name.encode()) > MAX_NAME_BYTES:
            name = name.encode()[-MAX_NAME_BYTES:].decode("utf-8", "ignore")
        if name in names.values() or name in (REPORT, STATUS):
            name = f"{file.file_id}-{name}"[:MAX_NAME_BYTES]
        names[file.file_id] = name
    return names


def report_text(
    run: Run,
    messages: Sequence[Message],
    generated: Sequence[GeneratedFile],
    names: Mapping[str, str],
) -> str:
    """Returns the run's messages, oldest first, with links to the files beside the report.

    A run without a message has its status and error reported.
    """
    texts = [text for text in (message.plain_text() for message in messages) if text]
    if not texts:
        error = f" {run.last_error.message}" if run.last_error else ""
        return f"There is no answer: the run ended as {run.status}.{error}\n"
    whole = "\n\n".join(texts)
    images = []
    for file in generated:
        name = names[file.file_id].replace(" ", "%20")
        whole = whole.replace(f"{SANDBOX}{file.filename}", name)
        if file.is_image and f"![{file.filename}]" not in whole:
            images.append(f"![{file.filename}]({name})")
    return "\n\n".join([whole, *images]) + "\n"
