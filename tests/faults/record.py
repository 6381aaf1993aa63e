"""`python -m tests.faults.record`: plays every scenario without a fault and notes its effects."""

import re
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from local.aws.calls import Call
from local.stack import Stack
from tests.faults.driver import Driver
from tests.faults.points import INVOCATION, PROVIDER, all_points, store
from tests.faults.project import options
from tests.faults.scenarios import SCENARIOS, Scenario

ID = re.compile(r"(?<=/)[a-z]+[-_][A-Za-z0-9]+(?=/|$)")
CALLERS = {
    "GET /responses/{id}": "CheckStatusFunction",
    "POST /responses/{id}/cancel": "CancelRunFunction",
}
API_KEYS = "key#"
"""How the partition keys of API keys begin."""


def play(driver: Driver, scenario: Scenario) -> str:
    """Plays a scenario to its end and returns the id of its thread."""
    driver.begin()
    thread_id = scenario.prepare(driver)
    driver.control.forget_requests()
    driver.stack.aws.recorder.clear()
    driver.invocations.begin()
    scenario.play(driver, thread_id)
    driver.recover(thread_id)
    return thread_id


def effects(driver: Driver) -> Counter[str]:
    """Counts the external effects since the scenario began, by caller, service and operation."""
    found: Counter[str] = Counter()
    for call in driver.stack.aws.recorder.calls():
        if call.caller.name != "outside" and not is_remembered(call):
            found[f"{call.caller.name} {call.service} {call.operation}"] += 1
    for request in driver.control.requests():
        route, caller = _route(request["method"], request["path"], request["body"])
        found[f"{caller} {PROVIDER} {route}"] += 1
    for name, count in driver.invocations.counts.items():
        found[f"{name} {INVOCATION} invoke"] += count
    return found


def is_remembered(call: Call) -> bool:
    """Returns whether the result is cached, so that the call occurs at varying times."""
    is_key = any(key.startswith(API_KEYS) for key in call.leading_keys)
    return call.service == "secretsmanager" or is_key


def _route(method: str, path: str, body: str) -> tuple[str, str]:
    """Returns a request without its ids, and the function that sends it."""
    route = f"{method} {ID.sub('{id}', path.removeprefix('/v1'))}"
    if route == "POST /responses":
        follows = '"previous_response_id"' in body
        return route, "SubmitToolOutputsFunction" if follows else "CreateRunFunction"
    return route, CALLERS.get(route, "functions")


def main() -> None:
    with TemporaryDirectory() as folder, Stack(options(Path(folder))) as stack:
        driver = Driver(stack)
        driver.hire()
        found = {}
        for name, scenario in SCENARIOS.items():
            play(driver, scenario)  # once before: a cold process does more
            play(driver, scenario)
            found[name] = effects(driver)
        driver.close()
    store(found)
    sys.stdout.write(f"{len(all_points())} points in {len(found)} scenarios\n")


if __name__ == "__main__":
    main()
