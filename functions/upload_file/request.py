"""The request that comes with a dropped file: the assistant, and the message to send."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from understudy.domain.drops import (
    ASSISTANT_METADATA,
    MESSAGE_METADATA,
    PROMPT_SUFFIX,
    DropKey,
)
from understudy.domain.file_names import decoded_words
from understudy.domain.messages import MAX_TEXT
from understudy.domain.stored import StoredObject
from understudy.errors import InvalidRequestError, NoSuchObjectError
from understudy.settings import DropDefault

if TYPE_CHECKING:
    from understudy.adapters.s3 import S3Objects

MAX_PROMPT_BYTES = 4 * MAX_TEXT
"""UTF-8 has at most four bytes a character."""


@dataclass(frozen=True)
class DropRequest:
    """An assistant and a message, each None if the user named none."""

    assistant_id: str | None
    text: str | None


@dataclass(frozen=True)
class DropRequests:
    """Reads requests from the bucket. `defaults` are the deployment's, by purpose."""

    objects: "S3Objects"
    defaults: Mapping[str, DropDefault]

    def of(self, key: DropKey, object_key: str, stored: StoredObject) -> DropRequest:
        """Returns the request for a dropped object.

        The object's metadata counts first, then the prompt file beside it, then the default.
        Raises InvalidRequestError for a prompt that is too long.
        """
        default = self.defaults.get(key.purpose)
        assistant_id = stored.metadata.get(ASSISTANT_METADATA)
        text = stored.metadata.get(MESSAGE_METADATA)
        text = decoded_words(text) if text else self._prompt(object_key)
        if default is not None:
            assistant_id = assistant_id or default.assistant_id
            text = text or default.message
        return DropRequest(assistant_id, text)

    def _prompt(self, object_key: str) -> str | None:
        """Returns the text of the prompt file beside the object; None without one."""
        prompt_key = object_key + PROMPT_SUFFIX
        found = self.objects.head(prompt_key)
        if found is None:
            return None
        if found.bytes > MAX_PROMPT_BYTES:
            raise _too_long()
        try:
            text = self.objects.get(prompt_key).decode("utf-8-sig", "replace").strip()
        except NoSuchObjectError:
            return None  # deleted since
        if len(text) > MAX_TEXT:
            raise _too_long()
        return text or None


def _too_long() -> InvalidRequestError:
    return InvalidRequestError(
        f"The prompt file is too long: a message has at most {MAX_TEXT} characters."
    )
