"""Messages of a thread: their author, content and attachments."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from understudy.domain.base import Body, GivenMetadata, Id, Json, Metadata, Record, empty_list
from understudy.domain.run_queue import GivenStrategy
from understudy.domain.tools import AttachmentTool

MAX_TEXT = 256_000
MAX_PARTS = 100
MAX_ATTACHMENTS = 20
MAX_FILES_OF_VERSION_ONE = 10


class TextPart(Body):
    type: Literal["text"]
    text: str = Field(max_length=MAX_TEXT)


class ImageFile(Body):
    file_id: Id
    detail: Literal["auto", "low", "high"] = "auto"


class ImageFilePart(Body):
    type: Literal["image_file"]
    image_file: ImageFile


class ImageUrl(Body):
    url: str = Field(pattern=r"^(https?://|data:image/)", max_length=20_000_000)
    detail: Literal["auto", "low", "high"] = "auto"


class ImageUrlPart(Body):
    type: Literal["image_url"]
    image_url: ImageUrl


Part = Annotated[TextPart | ImageFilePart | ImageUrlPart, Field(discriminator="type")]


class Attachment(Body):
    """A file of a message, and the tools that read it; at least one tool is required."""

    file_id: Id
    tools: list[AttachmentTool] = Field(fail_fast=True, min_length=1, max_length=2)


Attachments = Annotated[list[Attachment], Field(fail_fast=True, max_length=MAX_ATTACHMENTS)]
GivenAttachments = Annotated[
    Attachments, BeforeValidator(empty_list, json_schema_input_type=Attachments | None)
]
Files = Annotated[list[Id], Field(fail_fast=True, max_length=MAX_FILES_OF_VERSION_ONE)]
GivenFiles = Annotated[Files, BeforeValidator(empty_list, json_schema_input_type=Files | None)]


class NewMessage(Body):
    """The body of a request that creates a message.

    Version 1 of the API has `file_ids` instead of attachments.
    """

    role: Literal["user", "assistant"]
    content: (
        Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]
        | Annotated[list[Part], Field(fail_fast=True, min_length=1, max_length=MAX_PARTS)]
    )
    attachments: GivenAttachments = Field(default_factory=list)
    metadata: GivenMetadata = Field(default_factory=dict)
    file_ids: GivenFiles = Field(default_factory=list)

    @property
    def all_attachments(self) -> list[Attachment]:
        """The attachments, including the files of version 1, which every tool may read."""
        both = [AttachmentTool(type="code_interpreter"), AttachmentTool(type="file_search")]
        return [
            *self.attachments,
            *(Attachment(file_id=file_id, tools=both) for file_id in self.file_ids),
        ]

    @property
    def image_file_ids(self) -> list[str]:
        """The files that the content shows as images."""
        parts = [] if isinstance(self.content, str) else self.content
        return [part.image_file.file_id for part in parts if isinstance(part, ImageFilePart)]

    def shown_content(self) -> list[Json]:
        """Returns the content as responses show it: a list of parts, texts with annotations."""
        if isinstance(self.content, str):
            return [text_content(self.content)]
        return [
            text_content(part.text) if isinstance(part, TextPart) else part.model_dump()
            for part in self.content
        ]


class AddedMessage(NewMessage):
    """The body of a request that adds a message to an existing thread.

    A thread with an open run takes it unless the strategy, or the key's, is `reject`.
    """

    multitask_strategy: GivenStrategy | None = Field(
        default=None,
        description="What happens while another run of the thread is open; the key's by default.",
    )


class MetadataChange(Body):
    """The body of a request that modifies an object of which only the metadata may change."""

    metadata: Metadata | None = None


class Message(Record):
    """A message of a thread. `content` is stored as the API shows it."""

    id: str
    tenant: str
    thread_id: str
    created_at: int
    role: Literal["user", "assistant"]
    content: list[Json]
    status: Literal["in_progress", "incomplete", "completed"] = "completed"
    incomplete_reason: str | None = None
    attachments: list[Attachment] = Field(fail_fast=True, default_factory=list)
    metadata: dict[str, str] = Field(default_factory=dict)
    assistant_id: str | None = None
    run_id: str | None = None

    def plain_text(self) -> str:
        """Returns all text of the message, without its images."""
        return "\n".join(
            part["text"]["value"] for part in self.content if part.get("type") == "text"
        )


def text_content(value: str, annotations: list[Json] | None = None) -> Json:
    """Returns a text part as messages show it."""
    return {"type": "text", "text": {"value": value, "annotations": annotations or []}}
