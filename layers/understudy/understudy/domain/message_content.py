"""The content of a message by the model, from the parts of the provider's output message."""

from collections.abc import Iterable, Sequence

from understudy.domain.base import Json
from understudy.domain.citations import Span, with_markers
from understudy.domain.messages import text_content
from understudy.domain.run_steps import GeneratedFile

ANNOTATIONS = ("file_citation", "container_file_citation")


def message_content(
    parts: Iterable[Json], *, order: int = 0, number: int = 0, images_last: bool = False
) -> tuple[list[Json], list[GeneratedFile]]:
    """Returns the message's content, and the generated files that it cites.

    Images are parts of their own before the text, as in OpenAI's Assistants API; other files are
    `file_path` annotations. With `images_last` the images come after all other parts: the provider
    cites them after the text, when a stream has sent the text already. Files have our ids, because
    the provider's expire with their container. The ids sort by `order`, in milliseconds. `number`
    is the message's in the run, for the markers of citations.
    """
    content: list[Json] = []
    images: list[Json] = []
    files: dict[str, GeneratedFile] = {}
    for part in parts:
        if part.get("type") == "refusal":
            content.append({"type": "refusal", "refusal": part.get("refusal", "")})
        if part.get("type") != "output_text":
            continue
        found = [each for each in part.get("annotations") or [] if each.get("type") in ANNOTATIONS]
        for file in _generated_files(found, order):
            if file.file_id not in files and file.is_image:
                shown = {"file_id": file.file_id, "detail": "auto"}
                shown_in = images if images_last else content
                shown_in.append({"type": "image_file", "image_file": shown})
            files[file.file_id] = file
        text, spans = with_markers(part.get("text") or "", found, number=number)
        annotations = [
            _annotation(each, text, span, order) for each, span in zip(found, spans, strict=True)
        ]
        content.append(text_content(text, annotations))
    return [*content, *images], list(files.values())


def _generated_files(annotations: Sequence[Json], order: int) -> list[GeneratedFile]:
    return [
        _generated(each, order)
        for each in annotations
        if each.get("type") == "container_file_citation"
    ]


def _generated(citation: Json, order: int) -> GeneratedFile:
    filename = str(citation.get("filename") or citation["file_id"])
    origin = (str(citation["container_id"]), str(citation["file_id"]))
    return GeneratedFile.of(*origin, filename, order=order)


def _annotation(found: Json, text: str, span: Span, order: int) -> Json:
    start, end = span
    shown = {"text": text[start:end], "start_index": start, "end_index": end}
    if found.get("type") == "file_citation":
        return {
            "type": "file_citation",
            **shown,
            "file_citation": {"file_id": found.get("file_id")},
        }
    return {
        "type": "file_path",
        **shown,
        "file_path": {"file_id": _generated(found, order).file_id},
    }
