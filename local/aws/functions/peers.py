"""Finds the process at the other end of a TCP connection on this machine."""

from collections.abc import Iterable
from pathlib import Path

_TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_LOCAL_ADDRESS, _INODE = 1, 9


def owner_of_port(port: int, pids: Iterable[int]) -> int | None:
    """Which of the processes holds a socket with that local port; Linux only."""
    inodes = {f"socket:[{inode}]" for inode in _inodes(port)}
    for pid in pids:
        if inodes & set(_descriptors(pid)):
            return pid
    return None


def _inodes(port: int) -> list[str]:
    found = []
    for table in _TABLES:
        if table.exists():
            rows = [line.split() for line in table.read_text().splitlines()[1:]]
            found += [row[_INODE] for row in rows if row[_LOCAL_ADDRESS].endswith(f":{port:04X}")]
    return found


def _descriptors(pid: int) -> list[str]:
    try:
        return [str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()]
    except OSError:  # it has ended, or closed the descriptor meanwhile
        return []
