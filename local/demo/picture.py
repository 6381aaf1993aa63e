"""The SVG picture of the demo's first scene, which the README shows."""

import re
from pathlib import Path

from rich.console import Console

from local.demo.screen import WIDE

FONT_FACE = re.compile(r"\s*@font-face \{[^}]*\}")
"""Rich loads its font from another host; without the rules, the viewer's monospace font is used."""


def recording_console() -> Console:
    """Returns a console that records what it prints. It shows no spinner, which is not recorded."""
    return Console(highlight=False, record=True, width=WIDE, force_terminal=False)


def write_picture(console: Console, path: Path) -> None:
    """Writes what a recording console has printed so far as an SVG without external resources."""
    svg = console.export_svg(title="make demo", unique_id="demo", clear=False)
    svg = svg.replace("<svg ", '<svg xml:space="preserve" ', 1)  # keeps indentation everywhere
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(FONT_FACE.sub("", svg))
