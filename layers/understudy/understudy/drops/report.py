"""The answer to a dropped file, put beside it: a Markdown text with its images."""

from collections.abc import Sequence

from understudy.domain.answers import answer_text, object_names
from understudy.domain.drops import RUN_METADATA
from understudy.domain.files import DropKey, parse_drop_key
from understudy.domain.run_steps import GeneratedFile
from understudy.domain.runs import Run
from understudy.errors import NoSuchObjectError
from understudy.ports import Ports

ANSWER = "answer.md"
TYPE = "text/markdown; charset=utf-8"


def write_answer(ports: Ports, run: Run, made: Sequence[GeneratedFile]) -> None:
    """Copies the images and files first, so that whoever finds the text finds them too.

    Only the newest version of a dropped file has an answer: a slower run on an older one must not
    write over it.
    """
    file = ports.files.get(run.tenant, run.metadata[RUN_METADATA])
    if file is None or file.drop_key is None:
        return
    if ports.drops.newest(run.tenant, file.drop_key) != file.id:
        return
    prefix = parse_drop_key(file.drop_key).answers
    names = object_names(made)
    stored = ports.files.get_many(run.tenant, list(names))
    for file_id, name in names.items():
        source = stored[file_id].object_key if file_id in stored else None
        if source is not None:
            _copy(ports, source, prefix + name)
    messages = [
        message
        for message in ports.messages.newest_first(run.tenant, run.thread_id)
        if message.run_id == run.id
    ]
    text = answer_text(run, messages[::-1], made, names)
    ports.objects.put(prefix + ANSWER, text.encode("utf-8", "replace"), TYPE)


def write_refusal(ports: Ports, key: DropKey, reason: str) -> None:
    """Where the answer would be: why there is none."""
    ports.objects.put(key.answers + ANSWER, f"{reason}\n".encode("utf-8", "replace"), TYPE)


def _copy(ports: Ports, source: str, to: str) -> None:
    try:
        ports.objects.copy(source, to)
    except NoSuchObjectError:
        return  # the thread is being removed
