"""The documentation agrees with the repository."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from understudy.domain.receivers import new_receiver, signing_secret
from understudy.domain.webhooks import signature

from operate import parameters
from tests.contract.conftest import ROOT

PAGES = sorted((ROOT / "docs").glob("*.md"))
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
GENERATED = {"benchmarks.md"}
"""Pages that a command writes: `make bench`."""

ACTORS = {"client", "webhook", "provider", "steps", "schedule"}
"""What the picture shows that is no resource of the template."""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_relative_links_exist(page: Any) -> None:
    """Every relative link exists."""
    links = [link for link in LINK.findall(page.read_text()) if "://" not in link]

    missing = {link for link in links if not (page.parent / link).exists()}
    assert missing - GENERATED == set()


def test_diagram_matches_the_template(template: dict[str, Any], functions: dict[str, Any]) -> None:
    """Every box is a resource, and every function that is not a step of a run has a box."""
    text = (ROOT / "docs" / "architecture.md").read_text()
    [picture] = [code for language, code in BLOCK.findall(text) if language == "mermaid"]
    bare = re.sub(r"\|[^|\n]*\||\(\(.*?\)\)|\[\(.*?\)\]|\{\{.*?\}\}|\[.*?\]", " ", picture)
    drawn = set(re.findall(r"[A-Za-z]+", bare)) - {"flowchart", "LR"}

    machine = template["Resources"]["RunLifecycleStateMachine"]["Properties"]
    steps = {name.removesuffix("Arn") for name in machine["DefinitionSubstitutions"]}
    assert drawn - ACTORS <= template["Resources"].keys()
    assert functions.keys() - steps <= drawn


def blocks(page: str, language: str) -> list[str]:
    """Returns the code blocks of one language on a page."""
    found = BLOCK.findall((ROOT / "docs" / page).read_text())
    return [code for named, code in found if named == language]


def test_documented_event_matches_the_sample() -> None:
    """Field by field; the function's test compares the sample event with the code."""
    _, shown, told = map(json.loads, blocks("operations.md", "json"))
    sample = ROOT / "events" / "notify_application" / "completed.json"
    sent = json.loads(sample.read_text())

    assert shown["detail"].keys() == sent["detail"].keys()
    assert (shown["source"], shown["detail-type"]) == (sent["source"], sent["detail-type"])
    assert told["type"] == sent["detail-type"]
    assert told["data"].keys() < sent["detail"].keys()


def test_documented_parameter_file_is_valid(tmp_path: Path) -> None:
    """It can be copied to parameters/dev.json."""
    file = tmp_path / "dev.json"
    file.write_text(blocks("operations.md", "json")[0])
    template = parameters.read_template(ROOT / "template.yaml")

    values = parameters.complete(template, parameters.from_file(file), secrets={})
    parameters.check(template, values)


@pytest.mark.parametrize(("body", "fits"), [(b"{}", True), (b"{ }", False)])
def test_documented_webhook_verification_works(body: bytes, fits: bool) -> None:
    """Readers copy these lines into their applications."""
    [lines] = blocks("operations.md", "python")
    secret = signing_secret("any", new_receiver("https://shop.example.com/"))
    headers = {
        "webhook-id": "run_1",
        "webhook-timestamp": "1800000000",
        "webhook-signature": signature("run_1", "1800000000", b"{}", secret),
    }
    *before, last = lines.strip().splitlines()
    known: dict[str, Any] = {"secret": secret, "headers": headers, "body": body}
    exec("\n".join(["import base64, hmac", *before]), known)

    assert eval(last, known) is fits
