"""CPU time by process, as Linux counts it."""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class CpuTimes:
    """Milliseconds of CPU so far, of all processes of the local stack."""

    functions: Counter[str]
    """By the function's logical id."""
    here: int
    """This process: local AWS, the fake provider, the HTTP front, and the measuring clients."""

    def since(self, before: "CpuTimes") -> "CpuTimes":
        spent = Counter(self.functions)
        spent.subtract(before.functions)
        return CpuTimes(spent, self.here - before.here)

    @property
    def of_functions(self) -> int:
        return sum(self.functions.values())


def cpu_times() -> CpuTimes:
    """Returns the CPU times of this process and of the functions' workers that run now."""
    here = os.getpid()
    functions: Counter[str] = Counter()
    for pid in _descendants(here):
        if function := _function_of(pid):
            functions[function] += _milliseconds(pid)
    return CpuTimes(functions, _milliseconds(here))


def memory_of(function: str) -> float:
    """Returns the megabytes in memory of a function's largest process."""
    pids = [pid for pid in _parents() if _function_of(pid) == function]
    return max((_resident(pid) for pid in pids), default=0) / 1024


def _resident(pid: int) -> int:
    try:
        status = (PROC / str(pid) / "status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))


def _descendants(pid: int) -> Iterator[int]:
    """Yields all processes below this one; workers are forked from children of its children."""
    children: dict[int, list[int]] = {}
    for child, parent in _parents().items():
        children.setdefault(parent, []).append(child)
    waiting = [pid]
    while waiting:
        found = children.get(waiting.pop(), [])
        yield from found
        waiting += found


def _parents() -> dict[int, int]:
    found = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit() and (stat := _stat(int(entry.name))):
            found[int(entry.name)] = int(stat[1])
    return found


def _stat(pid: int) -> list[str]:
    """Returns the fields of /proc/<pid>/stat after the name, or [] if the process has ended."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _milliseconds(pid: int) -> int:
    """Returns user and system time: fields 14 and 15 of proc(5)."""
    stat = _stat(pid)
    return (int(stat[11]) + int(stat[12])) * 1000 // TICKS if stat else 0


def _function_of(pid: int) -> str:
    """Returns the name of a worker's function, or "" for another process.

    A worker's output goes to a log that has the name of its function.
    """
    try:
        output = (PROC / str(pid) / "fd" / "1").readlink()
    except OSError:
        return ""
    return output.stem if output.suffix == ".log" else ""
