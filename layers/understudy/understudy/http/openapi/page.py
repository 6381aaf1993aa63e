"""The page that shows the OpenAPI document in a browser, with nothing from elsewhere."""

from pathlib import Path

PAGE = Path(__file__).with_name("page.html")


def page() -> str:
    """The page's HTML. It fetches `openapi.json` from beside itself."""
    return PAGE.read_text(encoding="utf-8")
