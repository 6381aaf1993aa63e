"""Converts threads and messages of the source to records of the deployment."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pydantic import ValidationError
from understudy.domain.base import Json
from understudy.domain.ids import derived_id
from understudy.domain.messages import Attachment, Message, text_content
from understudy.domain.threads import DAY, Thread
from understudy.domain.tools import ToolResources

from operate.migration.id_map import IdMap

Report = Callable[[str, str, str], None]
"""Called with the kind and the id of what was not copied, and why."""

CITED = ("file_citation", "file_path")


def resources_of(given: Json | None, ids: IdMap, missing: Callable[[str, str], None]) -> Json:
    """Returns tool resources with the deployment's ids.

    `missing` is called with the kind and the old id of each object that was not copied.
    """
    found = given or {}
    files = (found.get("code_interpreter") or {}).get("file_ids") or []
    stores = (found.get("file_search") or {}).get("vector_store_ids") or []
    resources: Json = {}
    if known := list(_known("file", files, ids, missing)):
        resources["code_interpreter"] = {"file_ids": known}
    if known := list(_known("vector_store", stores, ids, missing)):
        resources["file_search"] = {"vector_store_ids": known}
    return resources


def thread_record(given: Json, *, tenant: str, now: int, keep_days: int, resources: Json) -> Thread:
    """Returns the thread, without messages yet; it keeps its id, its creation time and metadata."""
    return Thread(
        id=given["id"],
        tenant=tenant,
        created_at=int(given["created_at"]),
        last_activity=now,
        ttl_seconds=keep_days * DAY,
        expires_at=now + keep_days * DAY,
        metadata=metadata_of(given),
        tool_resources=ToolResources.model_validate(resources) if resources else None,
    )


def message_records(
    given: Iterable[Json], thread: Thread, ids: IdMap, report: Report
) -> Iterator[Message]:
    """Yields the messages in their order, under ids that follow from their places.

    What refers to a file that was not copied is left out and reported; a message keeps its text.
    """
    for place, message in enumerate(given, start=1):

        def missing(kind: str, old: str, of: str = str(message["id"])) -> None:
            report("message", of, f"without its {kind} {old}, which was not copied")

        content = [part for each in message["content"] for part in _part(each, ids, missing)]
        yield Message(
            id=derived_id("msg", thread.id, str(place), order=place),
            tenant=thread.tenant,
            thread_id=thread.id,
            created_at=int(message["created_at"]),
            role="assistant" if message["role"] in ("assistant", "agent") else "user",
            content=content or [text_content("")],
            status="incomplete" if message.get("status") == "incomplete" else "completed",
            incomplete_reason=(message.get("incomplete_details") or {}).get("reason"),
            attachments=list(_attachments(message.get("attachments") or [], ids, missing)),
            metadata=metadata_of(message),
            assistant_id=message.get("assistant_id"),
            run_id=message.get("run_id"),
        )


def uses_of(messages: Iterable[Message]) -> dict[str, frozenset[str]]:
    """Returns the files that messages attach or show, each with the tools that may read it."""
    uses: dict[str, frozenset[str]] = {}
    for message in messages:
        for part in message.content:
            if part.get("type") == "image_file":
                uses.setdefault(part["image_file"]["file_id"], frozenset())
        for each in message.attachments:
            tools = frozenset(tool.type for tool in each.tools)
            uses[each.file_id] = uses.get(each.file_id, frozenset()) | tools
    return uses


def metadata_of(given: Json) -> dict[str, str]:
    """Returns the metadata as text."""
    return {str(key): str(value) for key, value in (given.get("metadata") or {}).items()}


def reason(error: Exception) -> str:
    """Returns what is wrong with an object of the source."""
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return f"{error} is missing" if isinstance(error, KeyError) else str(error)


def _part(part: Json, ids: IdMap, missing: Callable[[str, str], None]) -> Iterator[Json]:
    match part.get("type"):
        case "text":
            text = part["text"]
            notes = [note for note in text.get("annotations") or [] if _cites_known(note, ids)]
            yield text_content(text["value"], [_renamed(note, ids) for note in notes])
        case "image_file":
            image = part["image_file"]
            for new in _known("file", [image["file_id"]], ids, missing):
                yield {**part, "image_file": {**image, "file_id": new}}
        case _:
            yield part


def _cites_known(note: Json, ids: IdMap) -> bool:
    """Returns whether an annotation names a file that was copied, or none."""
    cited = note.get(str(note.get("type")))
    return not isinstance(cited, dict) or ids.get("file", str(cited.get("file_id"))) is not None


def _renamed(note: Json, ids: IdMap) -> Json:
    kind = str(note.get("type"))
    if kind not in CITED:
        return note
    cited: dict[str, Any] = note[kind]
    return {**note, kind: {**cited, "file_id": ids.get("file", cited["file_id"])}}


def _attachments(
    given: Iterable[Json], ids: IdMap, missing: Callable[[str, str], None]
) -> Iterator[Attachment]:
    for each in given:
        for new in _known("file", [each["file_id"]], ids, missing):
            yield Attachment.model_validate({"file_id": new, "tools": each.get("tools") or []})


def _known(
    kind: Any, old: Iterable[str], ids: IdMap, missing: Callable[[str, str], None]
) -> Iterator[str]:
    for each in old:
        new = ids.get(kind, each)
        if new is None:
            missing(kind, each)
        else:
            yield new
