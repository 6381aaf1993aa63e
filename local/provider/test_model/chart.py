"""Draws a bar chart as a PNG with Pillow, which is imported for the first chart only."""

import io

_WIDTH, _HEIGHT = 640, 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 620, 50, 340
_INK, _BAR = "#222222", "#3b6fb5"
_MAX_LABEL = 10


def draw_chart(title: str, labels: list[str], values: list[float]) -> bytes:
    """Return a PNG of 640 x 400 pixels with a bar for each value, to scale from zero."""
    from PIL import Image, ImageDraw  # takes 0.1 s to import

    image = Image.new("RGB", (_WIDTH, _HEIGHT), "white")
    draw = ImageDraw.Draw(image)
    draw.text((_LEFT, 16), _printable(title), fill=_INK, font_size=18)
    low, high = min([0.0, *values]), max([0.0, *values])
    scale = (_BOTTOM - _TOP) / ((high - low) or 1.0)
    slot = (_RIGHT - _LEFT) / max(1, len(values))
    zero = _BOTTOM + low * scale
    for index, (label, value) in enumerate(zip(labels, values, strict=True)):
        left, top = _LEFT + slot * (index + 0.1), zero - value * scale
        draw.rectangle((left, min(top, zero), left + slot * 0.8, max(top, zero)), fill=_BAR)
        draw.text((left, max(top, zero) + 8), _printable(label)[:_MAX_LABEL], fill=_INK)
        draw.text((left, min(top, zero) - 14), f"{value:,g}", fill=_INK)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def _printable(text: str) -> str:
    return text.encode("latin-1", "replace").decode("latin-1")
