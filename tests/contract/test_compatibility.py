"""`docs/compatibility.md`, the routes of the functions and the OpenAPI document say the same."""

import importlib
import re
from pathlib import Path

import pytest
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from understudy.http.openapi.document import document
from understudy.http.operations import OPERATIONS, Operation

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "compatibility.md"
ROW = re.compile(r"^\| `(?P<operation>[A-Z]+ /\S+)` \| (?P<compared>\w+) \| (?P<note>.*)\|$")
TABLE = {f"{each.method} {each.path}" for each in OPERATIONS}


def rows() -> list[re.Match[str]]:
    """The rows of the page's table of operations."""
    section = PAGE.read_text().split("## Operations")[1].split("\n## ")[0]
    found = [ROW.match(line) for line in section.splitlines() if line.startswith("| `")]
    assert None not in found
    return [row for row in found if row is not None]


def without_names(operations: set[str]) -> set[str]:
    """Operations without the names of their path parameters."""
    return {re.sub(r"[{<]\w+[}>]", "{}", each) for each in operations}


def served() -> set[str]:
    """What the functions behind the HTTP API have routes for."""
    routes: set[str] = set()
    for source in sorted((ROOT / "functions").glob("*/app.py")):
        if "make_app" not in source.read_text():
            continue
        app: APIGatewayHttpResolver = importlib.import_module(
            f"functions.{source.parent.name}.app"
        ).app
        every = [*app._static_routes, *app._dynamic_routes]
        routes |= {f"{route.method} {route.path}" for route in every}
    return routes


def test_the_page_lists_every_operation_once() -> None:
    """In the order of the table, which is the order of the OpenAPI document."""
    listed = [row["operation"] for row in rows()]

    assert sorted(listed) == sorted(TABLE)


def test_every_operation_is_compared() -> None:
    """A difference is explained where it is claimed."""
    for row in rows():
        assert row["compared"] in ("same", "differs", "added"), row["operation"]
        assert row["compared"] != "differs" or row["note"].strip(), row["operation"]


def test_what_is_added_says_so_in_its_summary() -> None:
    """A reader of the OpenAPI document learns it too."""
    added = {row["operation"] for row in rows() if row["compared"] == "added"}
    told = {
        f"{each.method} {each.path}" for each in OPERATIONS if "not in the original" in each.summary
    }

    assert told == added - {"GET /openapi.json", "GET /docs"}


def test_every_operation_has_a_route_and_every_route_is_an_operation() -> None:
    """Nothing is served that is not documented, nor the other way around."""
    assert without_names(served()) == without_names(TABLE)


def test_the_openapi_document_has_every_operation() -> None:
    """By method and path."""
    paths = document()["paths"]

    assert {f"{m.upper()} {path}" for path, methods in paths.items() for m in methods} == TABLE


def test_operations_have_ids_of_their_own() -> None:
    """A generated client has one method for each."""
    ids = [each.id for each in OPERATIONS]

    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.id)
def test_a_link_leads_to_an_operation_with_its_parameters(operation: Operation) -> None:
    """OpenAPI's links name operations and parameters that are there."""
    paths = document()["paths"]
    by_id = {
        shown["operationId"]: {each["name"] for each in shown.get("parameters", [])}
        for methods in paths.values()
        for shown in methods.values()
    }
    shown = paths[operation.path][operation.method.lower()]

    for link in shown["responses"]["200"].get("links", {}).values():
        assert set(link.get("parameters", {})) <= by_id[link["operationId"]]
