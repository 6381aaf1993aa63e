"""Embeddings, moderations, images and audio: small, deterministic results in the API's shapes."""

import base64
import hashlib
import io
import time
import wave
from typing import Any

from flask import Response
from PIL import Image

from local.provider.checks import Json, Parameter
from local.provider.web import operations, uploaded

_DIMENSIONS = 8
_SIDE = 64
_RATE = 8000
_FLAGGED = "violence"
_TEXT = Parameter("a string", required=True)


def _embeddings(_: object, body: Json) -> Json:
    """Equal texts have equal vectors."""
    texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
    data = [
        {"object": "embedding", "index": index, "embedding": _vector(str(text))}
        for index, text in enumerate(texts)
    ]
    tokens = sum(len(str(text).split()) for text in texts)
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "model": body["model"], "data": data, "usage": usage}


def _moderation(_: object, body: Json) -> Json:
    """Flags texts that contain the word 'violence'."""
    flagged = _FLAGGED in str(body.get("input"))
    result = {
        "flagged": flagged,
        "categories": {_FLAGGED: flagged},
        "category_scores": {_FLAGGED: float(flagged)},
        "category_applied_input_types": {_FLAGGED: ["text"]},
    }
    return {"id": "modr-1", "model": body.get("model", "omni-moderation"), "results": [result]}


def _generated(_: object, body: Json) -> Json:
    """A square in a colour that follows from the prompt."""
    return _image(body["prompt"].encode())


def _edited(_: object) -> Json:
    """A square in a colour that follows from the image."""
    return _image(uploaded("image")[0].read_bytes())


def _speech(_: object, body: Json) -> Response:
    """A tenth of a second of silence for each word."""
    words = len(body["input"].split())
    sound = io.BytesIO()
    with wave.open(sound, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(_RATE)
        file.writeframes(bytes([128]) * (_RATE // 10) * words)
    return Response(sound.getvalue(), mimetype="audio/wav")


def _transcription(_: object) -> Json:
    """The size of the sound in words."""
    size = uploaded("file")[0].stat().st_size
    usage = {"type": "tokens", "input_tokens": 10, "output_tokens": 4, "total_tokens": 14}
    return {"text": f"a sound of {size} bytes", "usage": usage}


def _image(seed: bytes) -> Json:
    digest = hashlib.sha256(seed).digest()
    picture = io.BytesIO()
    Image.new("RGB", (_SIDE, _SIDE), (digest[0], digest[1], digest[2])).save(picture, "PNG")
    drawn = {"b64_json": base64.b64encode(picture.getvalue()).decode()}
    usage = {"input_tokens": 10, "output_tokens": 100, "total_tokens": 110}
    return {"created": int(time.time()), "data": [drawn], "usage": usage}


def _vector(text: str) -> list[float]:
    digest = hashlib.sha256(text.encode()).digest()
    return [byte / 255 for byte in digest[:_DIMENSIONS]]


def _all(provider: Any) -> Any:
    return provider


ROUTES = (
    operations("/embeddings", _all, {"POST ": (_embeddings, {"model": _TEXT})}),
    operations("/moderations", _all, {"POST ": (_moderation, {})}),
    operations(
        "/images",
        _all,
        {
            "POST /generations": (_generated, {"prompt": _TEXT}),
            "POST /edits": _edited,
            "POST /variations": _edited,
        },
    ),
    operations(
        "/audio",
        _all,
        {
            "POST /speech": (_speech, {"input": _TEXT}),
            "POST /transcriptions": _transcription,
            "POST /translations": _transcription,
        },
    ),
)
