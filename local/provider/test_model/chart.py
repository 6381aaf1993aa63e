"""Draws a chart as a PNG with Pillow, which is imported for the first chart only."""

import io
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

_WIDTH, _HEIGHT = 640, 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 80, 620, 50, 340
_INK, _BAR, _LINES = "#222222", "#3b6fb5", "#dddddd"
_GRID_LINES = 4
_MAX_LABEL = 10


def draw_chart(
    title: str, labels: list[str], values: list[float], *, kind: Literal["bar", "line"]
) -> bytes:
    """Return a PNG of 640 x 400 pixels with one bar or point per value, to scale from zero."""
    from PIL import Image, ImageDraw  # takes 0.1 s to import

    image = Image.new("RGB", (_WIDTH, _HEIGHT), "white")
    draw = ImageDraw.Draw(image)
    low, high = min([0.0, *values]), max([0.0, *values])
    span = (high - low) or 1.0
    draw.text((_LEFT, 16), _printable(title), fill=_INK, font_size=18)
    _draw_grid(draw, low, span)
    slot = (_RIGHT - _LEFT) / max(1, len(values))
    tops = [_BOTTOM - (value - low) / span * (_BOTTOM - _TOP) for value in values]
    zero = _BOTTOM + low / span * (_BOTTOM - _TOP)
    middles = [_LEFT + slot * (index + 0.5) for index in range(len(values))]
    if kind == "line":
        draw.line(list(zip(middles, tops, strict=True)), fill=_BAR, width=3)
    for middle, top, label in zip(middles, tops, labels, strict=True):
        if kind == "bar":
            edges = (middle - slot * 0.35, min(top, zero), middle + slot * 0.35, max(top, zero))
            draw.rectangle(edges, fill=_BAR)
        else:
            draw.ellipse((middle - 4, top - 4, middle + 4, top + 4), fill=_BAR)
        draw.text((middle - slot * 0.4, _BOTTOM + 8), _printable(label)[:_MAX_LABEL], fill=_INK)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def _draw_grid(draw: "ImageDraw", low: float, span: float) -> None:
    for step in range(_GRID_LINES + 1):
        level = _BOTTOM - step / _GRID_LINES * (_BOTTOM - _TOP)
        draw.line([(_LEFT, level), (_RIGHT, level)], fill=_LINES)
        draw.text((8, level - 6), f"{low + step / _GRID_LINES * span:,.0f}", fill=_INK)


def _printable(text: str) -> str:
    return text.encode("latin-1", "replace").decode("latin-1")
