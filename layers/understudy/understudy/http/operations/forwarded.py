"""The operations that are forwarded to the provider, which the function `forward_request` serves.

Their bodies are the provider's own, so they are described as any object or any form.
"""

from typing import Final

from understudy.domain.base import Json
from understudy.http.operations import Operation, tagged

RESPONSE: Final = "/responses/{response_id}"
FORM: Final[Json] = {"type": "object", "additionalProperties": True}
ANY: Final = "application/json"

# fmt: off
OPERATIONS: Final = tagged(
    "Forwarded",
    Operation("POST", "/chat/completions", "createChatCompletion", "Create a chat completion", ANY),
    Operation("POST", "/completions", "createCompletion", "Create a completion", ANY),
    Operation("POST", "/responses", "createResponse", "Create a response", ANY),
    Operation("GET", RESPONSE, "getResponse", "Retrieve a response", ANY),
    Operation("DELETE", RESPONSE, "deleteResponse", "Delete a response", ANY),
    Operation("GET", RESPONSE + "/input_items", "listInputItems", "List a response's input", ANY),
    Operation("POST", "/embeddings", "createEmbedding", "Create embeddings", ANY),
    Operation("POST", "/moderations", "createModeration", "Classify text", ANY),
    Operation("POST", "/images/generations", "createImage", "Create an image", ANY),
    Operation("POST", "/images/edits", "createImageEdit", "Edit an image", ANY, form=FORM),
    Operation("POST", "/images/variations", "createImageVariation", "Vary an image", ANY,
              form=FORM),
    Operation("POST", "/audio/speech", "createSpeech", "Turn text into speech",
              "application/octet-stream"),
    Operation("POST", "/audio/transcriptions", "createTranscription", "Transcribe speech", ANY,
              form=FORM),
    Operation("POST", "/audio/translations", "createTranslation", "Translate speech", ANY,
              form=FORM),
)
# fmt: on
