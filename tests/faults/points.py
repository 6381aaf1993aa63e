"""The points at which faults are injected: every external effect of a scenario, in every mode.

`points.json` has the effects of each scenario, as `python -m tests.faults.record` found them.
"""

import json
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from local.aws.faults import Mode
from tests.faults.scenarios import SCENARIOS

FILE = Path(__file__).with_name("points.json")
PROVIDER = "provider"
INVOCATION = "invocation"
STATES = "states"
DUPLICATE = "duplicate"

READS = {"GetItem", "BatchGetItem", "Query", "GetObject", "HeadObject", "ListObjectsV2"}

ALONE = (
    "StreamRunFunction",
    "CreateRunFunction",
    "FetchResponseFunction",
    "RecordRunsFunction",
)
"""Functions beside which nothing else happens to a run: before its first request to the model, and
at its end."""

Effects = Mapping[str, int]
"""How often each effect happens in a scenario; an effect is `caller service operation`."""


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
        """Names the point on the command line."""
        effect = f"{self.caller}-{self.service}.{self.operation}-{self.nth}"
        return f"{self.scenario}-{effect}-{self.mode}"

    @property
    def reproducer(self) -> str:
        """One line that runs this point alone."""
        return f"make faults POINT='{self.id}'"


def modes_of(caller: str, service: str, operation: str, nth: int) -> Iterator[str]:
    """What can go wrong with an effect.

    One that only reads is the same before and after; a process that dies between two reads has
    done no more than one that dies before the first.
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
    """All points of a scenario."""
    for effect, count in sorted(effects.items()):
        caller, service, operation = effect.split(" ", 2)
        for nth in range(1, count + 1):
            for mode in modes_of(caller, service, operation, nth):
                yield Point(scenario, caller, service, operation, nth, str(mode))


def stored() -> dict[str, dict[str, int]]:
    """The effects of every scenario as they are on file."""
    found: dict[str, dict[str, int]] = json.loads(FILE.read_text()) if FILE.exists() else {}
    return found


def store(effects: Mapping[str, Counter[str]]) -> None:
    """Puts the effects on file."""
    ordered = {name: dict(sorted(counts.items())) for name, counts in effects.items()}
    FILE.write_text(json.dumps(ordered, indent=1) + "\n")


def all_points() -> list[Point]:
    """The points of all scenarios on file, without those that cannot differ from another one.

    A function that works alone, is invoked once and has the same effects in two scenarios cannot
    know in which of them it is: its points are played in the scenario with fewer effects. Scenarios
    that act while functions work, or that check more than the invariants, have all their points.
    """
    found = stored()
    kept: dict[str, list[Point]] = {}
    seen = set()
    for name in sorted(found, key=lambda name: (sum(found[name].values()), name)):
        kept[name] = []
        for caller, effects in _by_caller(found[name]).items():
            situation = (caller, *sorted(effects.items()))
            if _is_alone(name, caller, effects) and situation in seen:
                continue
            seen.add(situation)
            kept[name] += points_of(name, effects)
    return [point for name in found for point in kept[name]]


def _by_caller(effects: Effects) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for effect, count in sorted(effects.items()):
        found.setdefault(effect.partition(" ")[0], {})[effect] = count
    return found


def _is_alone(scenario: str, caller: str, effects: Effects) -> bool:
    is_plain = not SCENARIOS[scenario].disturbs and not SCENARIOS[scenario].has_check
    is_once = effects.get(f"{caller} {INVOCATION} invoke", 1) == 1
    return is_plain and is_once and caller in ALONE


def sample(points: Sequence[Point]) -> list[Point]:
    """Two points of every scenario; together they have every mode."""
    scenarios = sorted({point.scenario for point in points})
    modes = sorted({point.mode for point in points})
    chosen = []
    for number, scenario in enumerate(scenarios):
        for mode in (modes[number % len(modes)], modes[(number + 3) % len(modes)]):
            fits = [each for each in points if (each.scenario, each.mode) == (scenario, mode)]
            chosen.append(fits[len(fits) // 2])
    return chosen


def rotating(points: Sequence[Point], number: int, seed: str) -> list[Point]:
    """So many points, which depend on the seed; equal seeds have equal points."""
    return random.Random(seed).sample(points, min(number, len(points)))
