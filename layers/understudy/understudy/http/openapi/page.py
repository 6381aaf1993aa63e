"""The page at `/`, which loads nothing."""

from pathlib import Path

LINKS = Path(__file__).with_name("links.html")


def links_page() -> str:
    """Returns the HTML of the page at `/`."""
    return LINKS.read_text(encoding="utf-8")
