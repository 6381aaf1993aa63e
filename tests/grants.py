"""What the roles of the template allow, held against what all local stacks of a session needed.

Local AWS refuses a call that a role does not allow, so no test passes with too few rights.
This plugin holds the other way: at the end of a session that ran everything, an action, a resource
or a leading key that no call needed is a right too many, and the session fails. Under pytest-xdist
each worker tells what it saw, and the controller compares.
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
OURS = (ROOT / "template.yaml").read_text().partition("\nResources:\n")[2]
"""All that is deployed; a template of a test that only adds a function ends the same."""

NOT_SEEN_HERE = {
    "sqs:SendMessage": "Lambda sends dead letters, with the function's role",
    "logs:": "Step Functions sets up the delivery of its log",
    "xray:": "Step Functions writes its segments",
}
"""Beginnings of actions that AWS itself makes use of, and no code of ours."""


class Grants:
    """What was granted and what was used, by names that are the same in every stack."""

    def __init__(self) -> None:
        self.granted: Seen = set()
        self.used: Seen = set()

    def add(self, aws: LocalAws) -> None:
        """The grants of a stack that is about to end."""
        self.granted |= {_named(use) for use in aws.permissions.granted}
        self.used |= {_named(use) for use in aws.permissions.used}

    def merge(self, told: str) -> None:
        """What a worker saw."""
        given = json.loads(told)
        self.granted |= {tuple(each) for each in given["granted"]}
        self.used |= {tuple(each) for each in given["used"]}

    def told(self) -> str:
        return json.dumps({"granted": sorted(self.granted), "used": sorted(self.used)})

    def left_over(self) -> list[str]:
        """A line for each right that nothing needed."""
        unused = sorted(self.granted - self.used)
        return [" ".join(each) for each in unused if not each[1].startswith(tuple(NOT_SEEN_HERE))]


def _named(use: Use) -> tuple[str, ...]:
    kind = "/".join(use.grant.resource.split(":")[5:])
    named = (use.grant.caller, use.grant.action, _without_random_parts(kind))
    return (*named, use.key) if use.key else named


def _without_random_parts(resource: str) -> str:
    """Physical names end differently in each stack; what is in a table or a bucket does not."""
    kind, _, rest = resource.partition("/")
    if kind == "table":
        return "/".join([kind, *rest.split("/")[1:]])
    if kind == "secret":
        return resource.rpartition("-")[0]
    return resource if kind in ("stateMachine", "function", "event-bus") else f"…/{rest}"


grants = Grants()


def pytest_configure() -> None:
    """Stacks are made in many places; all of them end here."""
    stop = LocalAws.stop

    def stop_and_tell(aws: LocalAws) -> None:
        if aws.template is not None and aws.template.read_text().endswith(OURS):
            grants.add(aws)
        stop(aws)

    LocalAws.stop = stop_and_tell  # type: ignore[method-assign]


class Controller:
    """Hooks that only pytest-xdist's controller has."""

    def pytest_testnodedown(self, node: Any) -> None:
        """A worker has ended and left what it saw."""
        grants.merge(getattr(node, "workeroutput", {}).get(OUTPUT, grants.told()))


def pytest_sessionstart(session: pytest.Session) -> None:
    if session.config.pluginmanager.hasplugin("dsession"):
        session.config.pluginmanager.register(Controller())


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Compares, where everything ran and passed; elsewhere nothing can be said."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output[OUTPUT] = grants.told()
        return
    if exitstatus == 0 and ran_everything(session.config) and grants.left_over():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Says which rights are too many."""
    if not ran_everything(config) or not grants.granted:
        return
    _report(terminalreporter, grants.left_over())


def _report(terminal: Any, lines: Iterable[str]) -> None:
    lines = list(lines)
    seen = f"{len(grants.used)} of {len(grants.granted)} rights in template.yaml were needed"
    terminal.section("least privilege")
    terminal.write_line(seen if lines else f"{seen}; none is left over")
    for line in lines:
        terminal.write_line(f"  nobody needed: {line}")


def ran_everything(config: pytest.Config) -> bool:
    option = config.option
    return not (
        option.keyword or option.markexpr or option.lf or option.maxfail
    ) and config.args in (
        ["tests"],
        [str(ROOT / "tests")],
    )
