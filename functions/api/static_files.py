"""The files of the console and of the API reference, as they are sent to browsers.

The address of a file has a hash of all of them, so browsers may keep it forever, and a page never
mixes files of two releases.
"""

import gzip
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).with_name("console")
TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
}
PLACE_OF_VERSION: Final = b"VERSION"


@dataclass(frozen=True)
class StaticFile:
    """A file, also compressed. `etag` is the hash of its content."""

    content_type: str
    body: bytes
    compressed: bytes
    etag: str


@cache
def version() -> str:
    """Returns a hash of all files."""
    digest = sha256()
    for path in sorted(FOLDER.iterdir()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


@cache
def static_file(name: str) -> StaticFile | None:
    """Returns a file by its name; None if there is no such file, or browsers do not need it."""
    path = FOLDER / name
    known = {each.name for each in FOLDER.iterdir() if each.suffix in TYPES}
    if name not in known:
        return None
    body = path.read_bytes()
    if path.suffix == ".html":
        body = body.replace(PLACE_OF_VERSION, version().encode())
    return StaticFile(
        content_type=TYPES[path.suffix],
        body=body,
        compressed=gzip.compress(body, mtime=0),
        etag=f'"{sha256(body).hexdigest()[:16]}"',
    )
