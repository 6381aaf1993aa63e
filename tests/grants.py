"""Compares the rights in the template's roles with those that a session's local stacks used.

Local AWS refuses a call that a role does not allow, so a missing right fails a test. This plugin
fails a session that ran everything if an action, a resource or a leading key was never used. Under
pytest-xdist each worker reports what it saw, and the controller compares.
"""

import json
from collections.abc import Iterable
from typing import Any

import pytest

from local.aws.local_aws import LocalAws
from local.aws.permissions import Use
from local.stack import ROOT

Seen = set[tuple[str, ...]]
OUTPUT = "understudy_grants"
DEPLOYED = (ROOT / "template.yaml").read_text().partition("\nResources:\n")[2]
"""The product's resources; a test's template may add a function in front of them."""

NOT_SEEN_HERE = {
    "sqs:SendMessage": "Lambda sends dead letters, with the function's role",
    "logs:": "Step Functions sets up the delivery of its log",
    "xray:": "Step Functions writes its segments",
}
"""Prefixes of actions that only AWS itself uses."""


class Grants:
    """Granted and used rights, by names that are the same in every stack."""

    def __init__(self) -> None:
        self.granted: Seen = set()
        self.used: Seen = set()

    def add(self, aws: LocalAws) -> None:
        """Adds the rights of a stack that is about to stop."""
        self.granted |= {_named(use) for use in aws.permissions.granted}
        self.used |= {_named(use) for use in aws.permissions.used}

    def merge(self, report: str) -> None:
        """Adds the report of a worker."""
        given = json.loads(report)
        self.granted |= {tuple(each) for each in given["granted"]}
        self.used |= {tuple(each) for each in given["used"]}

    def report(self) -> str:
        """Returns what `merge` reads."""
        return json.dumps({"granted": sorted(self.granted), "used": sorted(self.used)})

    def left_over(self) -> list[str]:
        """Returns a line for each unused right."""
        unused = sorted(self.granted - self.used)
        return [" ".join(each) for each in unused if not each[1].startswith(tuple(NOT_SEEN_HERE))]


def _named(use: Use) -> tuple[str, ...]:
    kind = "/".join(use.grant.resource.split(":")[5:])
    named = (use.grant.caller, use.grant.action, _without_random_parts(kind))
    return (*named, use.key) if use.key else named


def _without_random_parts(resource: str) -> str:
    """Physical names have a random end in each stack; keys and prefixes do not."""
    kind, _, rest = resource.partition("/")
    if kind == "table":
        return "/".join([kind, *rest.split("/")[1:]])
    if kind == "secret":
        return resource.rpartition("-")[0]
    return resource if kind in ("stateMachine", "function", "event-bus") else f"…/{rest}"


grants = Grants()


def pytest_configure() -> None:
    """Records the grants of every stack that stops, wherever it was made."""
    stop = LocalAws.stop

    def stop_and_record(aws: LocalAws) -> None:
        if aws.template is not None and aws.template.read_text().endswith(DEPLOYED):
            grants.add(aws)
        stop(aws)

    LocalAws.stop = stop_and_record  # type: ignore[method-assign]


class Controller:
    """Hooks that only pytest-xdist's controller has."""

    def pytest_testnodedown(self, node: Any) -> None:
        """Adds what a worker saw."""
        grants.merge(getattr(node, "workeroutput", {}).get(OUTPUT, grants.report()))


def pytest_sessionstart(session: pytest.Session) -> None:
    if session.config.pluginmanager.hasplugin("dsession"):
        session.config.pluginmanager.register(Controller())


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fails a complete, successful session if rights were unused."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output[OUTPUT] = grants.report()
        return
    if exitstatus == 0 and ran_everything(session.config) and grants.left_over():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Lists the unused rights."""
    if not ran_everything(config) or not grants.granted:
        return
    _report(terminalreporter, grants.left_over())


def _report(terminal: Any, lines: Iterable[str]) -> None:
    lines = list(lines)
    seen = f"{len(grants.used)} of {len(grants.granted)} rights in template.yaml were needed"
    terminal.section("least privilege")
    terminal.write_line(seen if lines else f"{seen}; none is unused")
    for line in lines:
        terminal.write_line(f"  not needed: {line}")


def ran_everything(config: pytest.Config) -> bool:
    option = config.option
    return not (
        option.keyword or option.markexpr or option.lf or option.maxfail
    ) and config.args in (
        ["tests"],
        [str(ROOT / "tests")],
    )
