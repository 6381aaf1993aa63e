"""One cold start in its own process: prints the figures as JSON.

Reads JSON from its argument: `path` (the folders to import from), `module` (of the handler) and
`clients` (statements that make the first clients).
"""

import json
import sys
import time


def _resident_mb() -> float:
    with open("/proc/self/status") as status:  # noqa: PTH123  pathlib would be part of the figure
        line = next(line for line in status if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def main() -> None:
    order = json.loads(sys.argv[1])
    sys.path[:0] = order["path"]
    before = _resident_mb()
    wall, cpu = time.perf_counter(), time.process_time()
    __import__(order["module"])
    imported = time.process_time()
    exec(order["clients"], {})
    figures = {
        "wall_ms": (time.perf_counter() - wall) * 1000,
        "cpu_ms": (time.process_time() - cpu) * 1000,
        "import_ms": (imported - cpu) * 1000,
        "memory_mb": _resident_mb() - before,
        "modules": len(sys.modules),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
