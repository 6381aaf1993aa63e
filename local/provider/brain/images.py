"""Looking at an image: its format, its size and its main colour."""

from __future__ import annotations

import base64
import binascii
import io

from local.provider.brain.desk import Desk
from local.provider.brain.prompt import Json, Prompt

_COLOURS = {
    "red": (220, 40, 40),
    "green": (40, 160, 60),
    "blue": (40, 80, 220),
    "yellow": (240, 220, 60),
    "orange": (240, 150, 40),
    "purple": (130, 50, 160),
    "black": (10, 10, 10),
    "white": (245, 245, 245),
    "grey": (128, 128, 128),
}


def describe_images(prompt: Prompt, desk: Desk) -> str | None:
    """A sentence for each image of the conversation; None if there is none."""
    images = prompt.parts("input_image")
    if not images:
        return None
    seen = [_described(part, desk) for part in images]
    if len(seen) == 1:
        return f"The image is {seen[0]}."
    return " ".join(f"Image {index} is {text}." for index, text in enumerate(seen, 1))


def _described(part: Json, desk: Desk) -> str:
    if part.get("file_id"):
        return _looked_at(desk.file_bytes(part["file_id"]))
    url = str(part.get("image_url") or "")
    if url.startswith("data:"):
        try:
            return _looked_at(base64.b64decode(url.partition(",")[2], validate=True))
        except binascii.Error:
            return "not readable"
    return f"at {url}, which I cannot open from here"


def _looked_at(content: bytes) -> str:
    from PIL import Image, UnidentifiedImageError  # slow to import, seldom needed

    try:
        with Image.open(io.BytesIO(content)) as image:
            kind, (width, height) = image.format, image.size
            red, green, blue = image.convert("RGB").resize((1, 1)).getpixel((0, 0))  # type: ignore[misc]
    except (UnidentifiedImageError, OSError):
        return "not in a format that I can read"
    distance = {
        name: (red - r) ** 2 + (green - g) ** 2 + (blue - b) ** 2
        for name, (r, g, b) in _COLOURS.items()
    }
    colour = min(distance, key=lambda name: distance[name])
    return f"a {kind} of {width} x {height} pixels, mostly {colour}"
