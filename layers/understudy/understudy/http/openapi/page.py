"""The pages for people, which load nothing external: links, and the OpenAPI document."""

from pathlib import Path

PAGE = Path(__file__).with_name("page.html")
LINKS = Path(__file__).with_name("links.html")


def page() -> str:
    """Returns the HTML of the documentation, which fetches `openapi.json` from the same folder."""
    return PAGE.read_text(encoding="utf-8")


def links_page() -> str:
    """Returns the HTML of the page at `/`."""
    return LINKS.read_text(encoding="utf-8")
