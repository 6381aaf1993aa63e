"""Copies the objects of a source into a tenant of a deployment, one kind after the other.

Files and vector stores are created through the deployment's API, because the provider needs them;
assistants and threads are written to the table, so that they keep their ids. Creating an object
again is idempotent, so a copy that was interrupted at any point is simply started again.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import openai
from pydantic import ValidationError
from understudy.domain.assistants import Assistant, NewAssistant
from understudy.domain.base import Json
from understudy.services import Services

from operate.migration.id_map import IdMap, Kind
from operate.migration.source import MissingError, Source
from operate.migration.threads import (
    message_records,
    metadata_of,
    reason,
    resources_of,
    thread_record,
    uses_of,
)

NOT_COPIED = ("uri", "last_error", "object", "id", "created_at", "status")
SETTLED = ("completed", "failed", "cancelled")


@dataclass
class Report:
    """How many objects of each kind were copied, and what was not."""

    copied: dict[str, int] = field(default_factory=dict)
    left_out: list[tuple[str, str, str]] = field(default_factory=list)

    def leave_out(self, kind: str, old: str, why: str) -> None:
        self.left_out.append((kind, old, why))


@dataclass(frozen=True)
class Copy:
    """One migration. `client` is the deployment's API with a key of the tenant.

    `advance` is called with the kind of each object that has been dealt with.
    """

    source: Source
    services: Services
    client: openai.OpenAI
    tenant: str
    ids: IdMap
    keep_days: int
    report: Report
    advance: Callable[[str], None] = lambda _: None

    def files(self, listed: Iterable[Json]) -> None:
        """Copies files, the oldest first. A file whose content the source keeps is left out."""
        for given in oldest_first(listed):
            self._once("file", given, self._file)

    def vector_stores(self, listed: Iterable[Json]) -> None:
        """Copies vector stores with their files and attributes; the provider indexes them anew."""
        for given in oldest_first(listed):
            self._once("vector_store", given, self._vector_store)

    def assistants(self, listed: Iterable[Json]) -> None:
        """Copies assistants under their ids."""
        for given in listed:
            self._once("assistant", given, self._assistant)

    def threads(self, listed: Iterable[str]) -> None:
        """Copies threads with their messages under the threads' ids."""
        for thread_id in listed:
            self._once("thread", {"id": thread_id}, self._thread)

    def _once(self, kind: Kind, given: Json, copy: Callable[[Json], str]) -> None:
        old = str(given["id"])
        if self.ids.get(kind, old) is None:
            try:
                self.ids.add(kind, old, copy(given))
                self.report.copied[kind] = self.report.copied.get(kind, 0) + 1
            except (MissingError, ValidationError, KeyError, openai.BadRequestError) as error:
                self.report.leave_out(kind, old, reason(error))
        self.advance(kind)

    def _file(self, given: Json) -> str:
        content = self.source.content(given["id"])
        made = self.client.files.create(
            file=(given["filename"], content),
            purpose="vision" if given["purpose"] == "vision" else "assistants",
            extra_headers=self._key(given["id"]),
        )
        record = self.services.files.get(self.tenant, made.id)
        if record is not None:
            self.services.files.change(record, created_at=int(given["created_at"]))
        return made.id

    def _vector_store(self, given: Json) -> str:
        made = self.client.vector_stores.create(
            name=given.get("name") or "",
            metadata=metadata_of(given),
            extra_headers=self._key(given["id"]),
            **_given(given, "expires_after"),
        )
        for each in self.source.all(f"/vector_stores/{given['id']}/files"):
            new = self.ids.get("file", each["id"])
            if new is None:
                why = f"without its file {each['id']}, which was not copied"
                self.report.leave_out("vector_store", given["id"], why)
                continue
            self.client.vector_stores.files.create(
                made.id,
                file_id=new,
                extra_headers=self._key(f"{given['id']}/{each['id']}"),
                **_given(each, "attributes", "chunking_strategy"),
            )
        record = self.services.vector_stores.get(self.tenant, made.id)
        if record is not None:
            created = record.model_copy(update={"created_at": int(given["created_at"])})
            self.services.vector_stores.put(created)
        return made.id

    def _assistant(self, given: Json) -> str:
        resources = resources_of(given.get("tool_resources"), self.ids, self._missing(given))
        shown = {name: value for name, value in given.items() if name not in NOT_COPIED}
        known = NewAssistant.model_fields.keys() & shown.keys()
        fields = {name: shown[name] for name in known if shown[name] is not None}
        fields |= {"tool_resources": resources or None, "metadata": metadata_of(given)}
        assistant = Assistant(
            id=given["id"],
            tenant=self.tenant,
            created_at=int(given["created_at"]),
            fields=NewAssistant.model_validate(fields),
        )
        self.services.assistants.put(self.services.attachments.settle_assistant(assistant))
        return assistant.id

    def _thread(self, given: Json) -> str:
        given = self.source.one(f"/threads/{given['id']}")
        if self.services.threads.get(self.tenant, given["id"]) is not None:
            return str(given["id"])
        resources = resources_of(given.get("tool_resources"), self.ids, self._missing(given))
        thread = thread_record(
            given,
            tenant=self.tenant,
            now=int(time.time()),
            keep_days=self.keep_days,
            resources=resources,
        )
        listed = oldest_first(self.source.all(f"/threads/{thread.id}/messages"))
        messages = list(message_records(listed, thread, self.ids, self.report.leave_out))
        uses = uses_of(messages)
        if uses:
            self.services.file_uses.add(self.tenant, thread.id, uses)
            searched = [file_id for file_id, tools in uses.items() if "file_search" in tools]
            self.services.file_uses.set_indexed(self.tenant, thread.id, searched)
        # The thread is stored last: until then the API does not show it.
        for message in messages:
            self.services.messages.put(message)
        complete = thread.model_copy(update={"message_order": len(messages)})
        self.services.threads.create(complete, [])
        return thread.id

    def _missing(self, given: Json) -> Callable[[str, str], None]:
        def missing(kind: str, old: str) -> None:
            why = f"without its {kind} {old}, which was not copied"
            self.report.leave_out(str(given["object"]), given["id"], why)

        return missing

    def _key(self, old: str) -> dict[str, str]:
        """Returns the header that makes creating the copy of an object idempotent for a day."""
        return {"Idempotency-Key": f"migrate/{self.tenant}/{old}"}


def thread_ids(source: Source, given: Iterable[str]) -> Iterator[str]:
    """Yields the ids of a file, else those that the source lists."""
    named = [line.strip() for line in given if line.strip()]
    if named:
        yield from named
    else:
        yield from (str(each["id"]) for each in source.all("/threads"))


def oldest_first(listed: Iterable[Json]) -> list[Json]:
    """Returns objects by age. Within a second only the order of the list is known."""
    given = list(listed)
    if len(given) > 1 and _age(given[0]) > _age(given[-1]):
        given.reverse()
    return sorted(given, key=_age)


def _age(given: Json) -> int:
    return int(given["created_at"])


def _given(given: Json, *names: str) -> dict[str, Any]:
    """Returns the members that have a value."""
    return {name: given[name] for name in names if given.get(name)}
