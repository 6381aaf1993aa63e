"""Settings of the HTML site of the documentation, which `make site` builds with Sphinx.

The pages are the Markdown files that a reader sees in the repository. docs/index.md decides what
the site's navigation contains. A link to a page becomes a link of the site; a link to another file
becomes a download; a link to a folder becomes its name.
"""

import re
from pathlib import Path

from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

ROOT = Path(__file__).resolve().parent.parent
INDEX = Path("docs/index.md")
LINK = re.compile(r"\]\(([^)#]+\.md)\)")

project = "Understudy"
extensions = ["myst_parser", "sphinxcontrib.mermaid"]
root_doc = "README"
include_patterns = ["*.md", "docs/*.md", "local/README.md"]
html_theme = "furo"
html_title = "Understudy"
html_copy_source = False
html_extra_path = ["site"]
myst_heading_anchors = 4
myst_fence_as_directive = ["mermaid"]
suppress_warnings = ["misc.highlighting_failure"]


def navigation() -> str:
    """Returns a table of contents for each section of docs/index.md, in Sphinx's syntax."""
    _, *sections = (ROOT / INDEX).read_text().split("\n## ")
    blocks = []
    for section in sections:
        caption, _, text = section.partition("\n")
        linked = [(ROOT / INDEX.parent / link).resolve() for link in LINK.findall(text)]
        pages = [f"/{page.relative_to(ROOT)}" for page in linked]
        pages = [page for page in pages if page != f"/{root_doc}.md"]
        blocks.append(
            "\n".join(["```{toctree}", ":hidden:", f":caption: {caption}", *pages, "```"])
        )
    return "\n\n".join(["", f"```{{toctree}}\n:hidden:\n/{INDEX}\n```", *blocks])


def add_navigation(app: Sphinx, page: str, source: list[str]) -> None:
    """Adds the navigation to the first page."""
    if page == root_doc:
        source[0] += navigation()


class FolderNames(SphinxPostTransform):
    """Replaces links to folders of the repository by their text; MyST would report them."""

    default_priority = 8

    def run(self, **_: object) -> None:
        """Changes the page; a link to something that does not exist stays, and is reported."""
        page = Path(self.env.doc2path(self.env.docname)).parent
        for link in list(self.document.findall(pending_xref)):
            if (page / link["reftarget"]).is_dir():
                link.replace_self(link.children)


def setup(app: Sphinx) -> None:
    """Registers the above; Sphinx calls it."""
    app.connect("source-read", add_navigation)
    app.add_post_transform(FolderNames)
