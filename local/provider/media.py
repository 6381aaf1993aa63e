"""Embeddings, moderations, images and audio: small, deterministic results in the API's shapes."""

import base64
import hashlib
import io
import time
import wave

from flask import Blueprint, Response, request
from PIL import Image

from local.provider.checks import Json
from local.provider.errors import missing_parameter
from local.provider.web import json_object

routes = Blueprint("media", __name__)

DIMENSIONS = 8
SIDE = 64
RATE = 8000
FLAGGED = "violence"


@routes.post("/embeddings")
def create_embeddings() -> Json:
    """Equal texts have equal vectors."""
    body = json_object()
    texts = _required(body, "input")
    texts = texts if isinstance(texts, list) else [texts]
    data = [
        {"object": "embedding", "index": index, "embedding": _vector(str(text))}
        for index, text in enumerate(texts)
    ]
    tokens = sum(len(str(text).split()) for text in texts)
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "model": _required(body, "model"), "data": data, "usage": usage}


@routes.post("/moderations")
def create_moderation() -> Json:
    """Flags texts that contain the word 'violence'."""
    body = json_object()
    text = str(_required(body, "input"))
    flagged = FLAGGED in text
    result = {
        "flagged": flagged,
        "categories": {FLAGGED: flagged},
        "category_scores": {FLAGGED: float(flagged)},
        "category_applied_input_types": {FLAGGED: ["text"]},
    }
    return {"id": "modr-1", "model": body.get("model", "omni-moderation"), "results": [result]}


@routes.post("/images/generations")
def create_image() -> Json:
    """A square in a colour that follows from the prompt."""
    return _image(str(_required(json_object(), "prompt")))


@routes.post("/images/edits")
@routes.post("/images/variations")
def edit_image() -> Json:
    """A square in a colour that follows from the image."""
    sent = next(iter(request.files.values()), None)
    if sent is None:
        raise missing_parameter("image")
    return _image(hashlib.sha256(sent.read()).hexdigest())


@routes.post("/audio/speech")
def create_speech() -> Response:
    """A tenth of a second of silence for each word."""
    words = len(str(_required(json_object(), "input")).split())
    sound = io.BytesIO()
    with wave.open(sound, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(RATE)
        file.writeframes(bytes([128]) * (RATE // 10) * words)
    return Response(sound.getvalue(), mimetype="audio/wav")


@routes.post("/audio/transcriptions")
@routes.post("/audio/translations")
def create_transcription() -> Json:
    """The size of the sound in words."""
    sent = request.files.get("file")
    if sent is None:
        raise missing_parameter("file")
    usage = {"type": "tokens", "input_tokens": 10, "output_tokens": 4, "total_tokens": 14}
    return {"text": f"a sound of {len(sent.read())} bytes", "usage": usage}


def _image(seed: str) -> Json:
    digest = hashlib.sha256(seed.encode()).digest()
    picture = io.BytesIO()
    Image.new("RGB", (SIDE, SIDE), (digest[0], digest[1], digest[2])).save(picture, "PNG")
    usage = {"input_tokens": len(seed.split()), "output_tokens": 100, "total_tokens": 100}
    drawn = {"b64_json": base64.b64encode(picture.getvalue()).decode()}
    return {"created": int(time.time()), "data": [drawn], "usage": usage}


def _vector(text: str) -> list[float]:
    digest = hashlib.sha256(text.encode()).digest()
    return [byte / 255 for byte in digest[:DIMENSIONS]]


def _required(body: Json, name: str) -> object:
    if body.get(name) is None:
        raise missing_parameter(name)
    return body[name]
