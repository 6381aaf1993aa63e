"""Dropped files, and the reports on them."""

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from understudy.domain.drop_reports import DropStatus
from understudy.domain.drops import InvalidDropKeyError, parse_drop_key
from understudy.domain.files import File


class DropReportObject(TypedDict):
    """The newest report on a dropped file: its state, and the text of `answer.md` if any."""

    status: DropStatus
    detail: str
    updated_at: str
    text: str | None


class DropObject(TypedDict):
    """A dropped file. `user_id` and `purpose` are null where its key does not show them.

    `reason` says why it was refused. `report` is only there if one drop was requested; it is null
    while it is not written, and if the file was replaced by a newer one with the same key.
    """

    id: str
    object: Literal["drop"]
    key: str
    filename: str
    user_id: str | None
    purpose: str | None
    bytes: int
    created_at: int
    status: Literal["in_progress", "processed", "refused"]
    reason: str | None
    thread_id: str | None
    report: NotRequired[DropReportObject | None]


def drop_object(file: File) -> DropObject:
    """Returns a dropped file without its report."""
    status: Literal["in_progress", "processed", "refused"] = "in_progress"
    if file.status != "uploaded":
        status = "refused" if file.status == "error" else "processed"
    user_id, purpose = _owner(file.drop_key or "")
    return {
        "id": file.id,
        "object": "drop",
        "key": file.drop_key or "",
        "filename": file.filename,
        "user_id": user_id,
        "purpose": purpose,
        "bytes": file.bytes,
        "created_at": file.created_at,
        "status": status,
        "reason": file.status_details if status == "refused" else None,
        "thread_id": file.thread_id,
    }


def _owner(key: str) -> tuple[str | None, str | None]:
    try:
        parsed = parse_drop_key(key)
    except InvalidDropKeyError:
        return None, None
    return parsed.user_id, parsed.purpose
