"""What functions write, a file for each function."""

import tempfile
from pathlib import Path


class Logs:
    """Log files in a folder that stays, or in a temporary one that goes with `close`."""

    def __init__(self, folder: Path | None) -> None:
        self._temporary = None if folder else tempfile.TemporaryDirectory(prefix="understudy-logs-")
        self._folder = folder or Path(self._temporary.name)  # type: ignore[union-attr]
        self._folder.mkdir(parents=True, exist_ok=True)

    def path(self, function: str) -> Path:
        return self._folder / f"{function}.log"

    def read(self, function: str) -> str:
        path = self.path(function)
        return path.read_text(errors="replace") if path.exists() else ""

    def close(self) -> None:
        if self._temporary:
            self._temporary.cleanup()
