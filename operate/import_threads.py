"""`understudy import`: imports threads of OpenAI's Assistants API or of Azure's classic agents.

    understudy import acme threads.ndjson --keep-days 365

Each line of the file is a thread: the thread object as the API returned it, with its messages as
"messages" (a list, or the API's list object). docs/migrating.md has a script that writes such a
file. Threads keep their ids, so ids that an application has stored stay valid; messages keep their
times and their order and get new ids. The file does not contain images and attachments: they are
left out and counted.

The import can be repeated after a failure: threads that exist already are skipped.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError
from understudy.domain.ids import derived_id
from understudy.domain.messages import Message, text_content
from understudy.domain.threads import DAY, Thread
from understudy.services import Services

from operate.deployment import Deployment, Result, on_deployment
from operate.failures import CommandError

THREAD_ID = re.compile(r"thread_[A-Za-z0-9_-]{1,64}")
KEPT_PARTS = ("text", "image_url")


class ImportThreadsError(CommandError):
    """The file cannot be imported; the text says where and why."""


@dataclass
class Counts:
    """How many threads, messages and files of an import were stored, skipped or left out."""

    threads: int = 0
    messages: int = 0
    there_already: int = 0
    files_left_out: int = 0


def import_threads(services: Services, tenant: str, lines: Iterator[str], keep_days: int) -> Counts:
    """Stores every thread that does not exist yet.

    Raises ImportThreadsError at the first invalid line; the lines before it are stored by then.
    """
    counts = Counts()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            _import(services, tenant, json.loads(line), keep_days, counts)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ImportThreadsError(f"line {number}: {_reason(error)}") from error
    return counts


def _import(
    services: Services, tenant: str, dumped: Mapping[str, Any], keep_days: int, counts: Counts
) -> None:
    given = dumped.get("thread", dumped)
    thread_id = given["id"]
    if not THREAD_ID.fullmatch(thread_id):
        raise ValueError(f"{thread_id!r} is no id of a thread")
    if services.threads.get(tenant, thread_id) is not None:
        counts.there_already += 1
        return
    messages = list(_messages(tenant, thread_id, dumped["messages"], counts))
    # The thread is stored last: until then the API does not show it, and a repeated import writes
    # the same message ids.
    for message in messages:
        services.messages.put(message)
    services.threads.create(_thread(services, tenant, given, len(messages), keep_days), [])
    counts.threads += 1
    counts.messages += len(messages)


def _thread(
    services: Services, tenant: str, given: Mapping[str, Any], messages: int, keep_days: int
) -> Thread:
    now = int(services.now())
    return Thread(
        id=given["id"],
        tenant=tenant,
        created_at=int(given.get("created_at") or now),
        last_activity=now,
        ttl_seconds=keep_days * DAY,
        expires_at=now + keep_days * DAY,
        message_order=messages,
        metadata={str(key): str(value) for key, value in (given.get("metadata") or {}).items()},
    )


def _messages(tenant: str, thread_id: str, listed: Any, counts: Counts) -> Iterator[Message]:
    given = listed["data"] if isinstance(listed, dict) else listed
    # The API lists the newest first; within a second only the list's order is known.
    if len(given) > 1 and _time(given[0]) > _time(given[-1]):
        given = reversed(given)
    kept = (message for message in sorted(given, key=_time) if _content(message, counts))
    for place, message in enumerate(kept, start=1):
        counts.files_left_out += len(message.get("attachments") or [])
        yield Message(
            id=derived_id("msg", thread_id, str(place), order=place),
            tenant=tenant,
            thread_id=thread_id,
            created_at=_time(message),
            role="assistant" if message["role"] in ("assistant", "agent") else "user",
            content=_content(message, Counts()),
            metadata={str(key): str(v) for key, v in (message.get("metadata") or {}).items()},
        )


def _content(message: Mapping[str, Any], counts: Counts) -> list[dict[str, Any]]:
    """The parts that need no file; texts lose their citations, which refer to files."""
    content = message["content"]
    if isinstance(content, str):
        return [text_content(content)]
    parts = []
    for part in content:
        if part["type"] == "text":
            text = part["text"]
            parts.append(text_content(text if isinstance(text, str) else text["value"]))
        elif part["type"] in KEPT_PARTS:
            parts.append(part)
        else:
            counts.files_left_out += 1
    return parts


def _time(message: Mapping[str, Any]) -> int:
    return int(message["created_at"])


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"{error} is missing"
    if isinstance(error, ValidationError):
        return str(error.errors()[0]["msg"])
    return str(error)


@click.command()
@click.argument("tenant")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--keep-days", default=365, show_default=True, help="After their last activity.")
@on_deployment
def command(deployment: Deployment, tenant: str, file: Path, keep_days: int) -> Result:
    """Import threads from FILE, newline-delimited JSON with one thread on each line."""
    with file.open(encoding="utf-8") as lines:
        counts = import_threads(deployment.services, tenant, lines, keep_days)
    text = (
        f"{counts.threads} threads with {counts.messages} messages imported.\n"
        f"{counts.there_already} existed already; {counts.files_left_out} files left out."
    )
    return Result(text, asdict(counts))
