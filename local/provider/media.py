"""Embeddings, moderations, images and audio: small, fixed results in the API's shapes."""

import base64
import hashlib
import io
import wave
from typing import Any

from flask import Response
from PIL import Image

from local.provider.checks import Json, Parameter
from local.provider.web import operations, uploaded

_TEXT = Parameter("a string", required=True)
_USAGE = {"prompt_tokens": 10, "input_tokens": 10, "output_tokens": 4, "total_tokens": 14}


def _embeddings(_: object, body: Json) -> Json:
    """Equal texts have equal vectors."""
    texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
    vectors = [list(hashlib.sha256(str(text).encode()).digest()[:8]) for text in texts]
    data = [
        {"object": "embedding", "index": index, "embedding": [byte / 255 for byte in vector]}
        for index, vector in enumerate(vectors)
    ]
    return {"object": "list", "model": body["model"], "data": data, "usage": _USAGE}


def _moderation(_: object, body: Json) -> Json:
    """Flags texts that contain the word 'violence'."""
    flagged = "violence" in str(body.get("input"))
    result = {"flagged": flagged, "categories": {"violence": flagged}}
    return {"id": "modr-1", "model": "omni-moderation-latest", "results": [result]}


def _image(_: object, body: Json | None = None) -> Json:
    """A white square."""
    picture = io.BytesIO()
    Image.new("RGB", (64, 64), "white").save(picture, "PNG")
    drawn = {"b64_json": base64.b64encode(picture.getvalue()).decode()}
    return {"created": 0, "data": [drawn], "usage": _USAGE}


def _speech(_: object, body: Json) -> Response:
    """A tenth of a second of silence for each word."""
    sound = io.BytesIO()
    with wave.open(sound, "wb") as file:
        file.setparams((1, 1, 8000, 0, "NONE", ""))
        file.writeframes(bytes([128]) * 800 * len(body["input"].split()))
    return Response(sound.getvalue(), mimetype="audio/wav")


def _transcription(_: object) -> Json:
    """The size of the sound in words."""
    size = uploaded("file")[0].stat().st_size
    return {"text": f"a sound of {size} bytes", "usage": {"type": "tokens", **_USAGE}}


def _own(provider: Any) -> Any:
    return provider


ROUTES = (
    operations("/embeddings", _own, {"POST ": (_embeddings, {"model": _TEXT})}),
    operations("/moderations", _own, {"POST ": (_moderation, {})}),
    operations(
        "/images",
        _own,
        {"POST /generations": (_image, {"prompt": _TEXT}), "POST /edits": _image},
    ),
    operations(
        "/audio",
        _own,
        {"POST /speech": (_speech, {"input": _TEXT}), "POST /transcriptions": _transcription},
    ),
)
