"""The answer to a dropped file as a Markdown text beside its images."""

from collections.abc import Mapping, Sequence

from understudy.domain.files import UNSAFE
from understudy.domain.messages import Message
from understudy.domain.run_steps import GeneratedFile
from understudy.domain.runs import Run

SANDBOX = "sandbox:/mnt/data/"
"""How the model links to files of its container."""


def object_names(made: Sequence[GeneratedFile]) -> dict[str, str]:
    """Names for files beside an answer, by file id: their own, told apart where two are alike."""
    names: dict[str, str] = {}
    for file in made:
        name = UNSAFE.sub("_", file.filename).replace("/", "_").strip(". ") or file.file_id
        if name in names.values() or name == "answer.md":
            name = f"{file.file_id}-{name}"
        names[file.file_id] = name
    return names


def answer_text(
    run: Run,
    messages: Sequence[Message],
    made: Sequence[GeneratedFile],
    names: Mapping[str, str],
) -> str:
    """The run's messages, oldest first, with links to the files beside them; or why it failed."""
    texts = [text for text in (message.plain_text() for message in messages) if text]
    if not texts:
        error = f" {run.last_error.message}" if run.last_error else ""
        return f"There is no answer: the run ended as {run.status}.{error}\n"
    whole = "\n\n".join(texts)
    images = []
    for file in made:
        name = names[file.file_id].replace(" ", "%20")
        whole = whole.replace(f"{SANDBOX}{file.filename}", name)
        if file.is_image and f"![{file.filename}]" not in whole:
            images.append(f"![{file.filename}]({name})")
    return "\n\n".join([whole, *images]) + "\n"
