"""Threads of the original, or of Azure's classic agents, as threads of a tenant.

    python -m operate.import_threads acme threads.ndjson --keep-days 365

One thread on each line: the thread object as the API showed it, with its messages as "messages"
(a list, or the API's list object). docs/migrating.md has a script that writes such a file. Threads
keep their ids, so what an application has stored stays valid; messages keep their times and their
order and get new ids. Files are not in a dump: images and attachments are left out and counted.

It can be run again after a failure: what is there already is passed over.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from understudy.domain.ids import derived_id
from understudy.domain.messages import Message, text_content
from understudy.domain.threads import DAY, Thread
from understudy.services import Services

from operate.deployment import add_arguments, services_of

THREAD_ID = re.compile(r"thread_[A-Za-z0-9_-]{1,64}")
KEPT_PARTS = ("text", "image_url")


class ImportThreadsError(Exception):
    """The file cannot be imported; the text says where and why."""


@dataclass
class Counts:
    """What became of a file."""

    threads: int = 0
    messages: int = 0
    there_already: int = 0
    files_left_out: int = 0


def import_threads(services: Services, tenant: str, lines: Iterator[str], keep_days: int) -> Counts:
    """Stores every thread that is not there yet.

    Raises ImportThreadsError at the first bad line; the lines before it are stored then.
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
    # The thread comes last: until then nobody sees it, and the next attempt writes the same ids.
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
    # The API lists the newest first; within a second only the list's own order tells.
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
    """The parts that need no file; citations name files too, so texts come without them."""
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


def main(arguments: list[str]) -> int:
    """0, or 1 with the reason on stderr."""
    parser = argparse.ArgumentParser(prog="python -m operate.import_threads")
    parser.add_argument("tenant")
    parser.add_argument("file", type=Path, help="newline-delimited JSON, a thread on each line")
    parser.add_argument("--keep-days", type=int, default=365, help="after their last activity")
    add_arguments(parser)
    given = parser.parse_args(arguments)
    try:
        with given.file.open(encoding="utf-8") as lines:
            counts = import_threads(services_of(given), given.tenant, lines, given.keep_days)
    except (ImportThreadsError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{counts.threads} threads with {counts.messages} messages imported.")
    print(f"{counts.there_already} were there already; {counts.files_left_out} files left out.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
