"""The points at which faults are injected: every external effect of a scenario, in every mode.

`points.json` has the effects of each scenario, as `python -m tests.faults.record` found them.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from local.aws.faults import Mode

FILE = Path(__file__).with_name("points.json")
PROVIDER = "provider"
INVOCATION = "invocation"
STATES = "states"
DUPLICATE = "duplicate"

READS = {"GetItem", "BatchGetItem", "Query", "GetObject", "HeadObject", "ListObjectsV2"}

Effects = Mapping[str, int]
"""How often each effect occurs in a scenario; an effect is `caller service operation`."""


@dataclass(frozen=True)
class Point:
    """One fault: the `nth` time that a caller has an effect, and what goes wrong with it."""

    scenario: str
    caller: str
    service: str
    operation: str
    nth: int
    mode: str

    @property
    def id(self) -> str:
        """Returns the point's name for the command line."""
        effect = f"{self.caller}-{self.service}.{self.operation}-{self.nth}"
        return f"{self.scenario}-{effect}-{self.mode}"

    @property
    def reproducer(self) -> str:
        """Returns the command that runs this point alone."""
        test = f"tests/faults/test_points.py::test_every_point_is_survived[{self.id}]"
        return f"python -m pytest -m faults '{test}'"


def modes_of(caller: str, service: str, operation: str, nth: int) -> Iterator[str]:
    """Returns the ways in which an effect can fail.

    For a read, a crash before and after it are the same.
    """
    if service == INVOCATION:
        yield DUPLICATE
        return
    is_read = operation in READS or operation.startswith("GET")
    if caller != STATES and not (is_read and nth > 1):
        yield Mode.CRASH_BEFORE
    yield Mode.ERROR
    if is_read:
        return
    yield Mode.THROTTLE
    yield Mode.LOST_RESPONSE
    yield Mode.SLOW
    if caller != STATES:
        yield Mode.CRASH_AFTER


def points_of(scenario: str, effects: Effects) -> Iterator[Point]:
    """Returns all points of a scenario."""
    for effect, count in sorted(effects.items()):
        caller, service, operation = effect.split(" ", 2)
        for nth in range(1, count + 1):
            for mode in modes_of(caller, service, operation, nth):
                yield Point(scenario, caller, service, operation, nth, str(mode))


def stored() -> dict[str, dict[str, int]]:
    """Returns the effects of every scenario from the file."""
    found: dict[str, dict[str, int]] = json.loads(FILE.read_text()) if FILE.exists() else {}
    return found


def store(effects: Mapping[str, Counter[str]]) -> None:
    """Writes the effects to the file."""
    ordered = {name: dict(sorted(counts.items())) for name, counts in effects.items()}
    FILE.write_text(json.dumps(ordered, indent=1) + "\n")


def all_points() -> list[Point]:
    """Returns the points of all scenarios in the file."""
    return [point for name, effects in stored().items() for point in points_of(name, effects)]


def sample(points: Sequence[Point]) -> list[Point]:
    """Returns two points of every scenario, which together have every mode."""
    scenarios = sorted({point.scenario for point in points})
    modes = sorted({point.mode for point in points})
    chosen = []
    for number, scenario in enumerate(scenarios):
        for mode in (modes[number % len(modes)], modes[(number + 3) % len(modes)]):
            fits = [each for each in points if (each.scenario, each.mode) == (scenario, mode)]
            chosen.append(fits[len(fits) // 2])
    return chosen
