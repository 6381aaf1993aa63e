"""`docs/compatibility.md`, route functions and the OpenAPI document agree with the operations."""

import re
from pathlib import Path
from typing import get_type_hints

import pytest
from aws_lambda_powertools.event_handler import Response
from understudy.http.app import make_app
from understudy.http.openapi.document import OPERATIONS, document
from understudy.http.openapi.examples import EXAMPLES
from understudy.http.operations import Operation, conversations, files, forwarded
from understudy.http.request import Request
from understudy.http.routes import Routes, matched

from functions.api.app import ROUTES as API_ROUTES
from functions.files.app import ROUTES as FILE_ROUTES
from functions.forward_request.routes import route as forwarded_routes

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "compatibility.md"
ROW = re.compile(r"^\| `(?P<operation>[A-Z]+ /\S*)` \| (?P<compared>\w+) \| (?P<note>.*)\|$")
TABLE = {f"{each.method} {each.path}" for each in OPERATIONS}


def rows() -> list[re.Match[str]]:
    """Returns the rows of the page's table of operations."""
    section = PAGE.read_text().split("## Operations")[1].split("\n## ")[0]
    found = [ROW.match(line) for line in section.splitlines() if line.startswith("| `")]
    assert None not in found
    return [row for row in found if row is not None]


def test_page_lists_every_operation_once() -> None:
    """In the order of the table, which is the order of the OpenAPI document."""
    listed = [row["operation"] for row in rows()]

    assert sorted(listed) == sorted(TABLE)


def test_every_difference_is_explained() -> None:
    """A difference is explained where it is claimed."""
    for row in rows():
        assert row["compared"] in ("same", "differs", "added"), row["operation"]
        assert row["compared"] != "differs" or row["note"].strip(), row["operation"]


def test_what_is_added_says_so_in_its_summary() -> None:
    """Its summary in the OpenAPI document says so too."""
    added = {row["operation"] for row in rows() if row["compared"] == "added"}
    marked = {f"{each.method} {each.path}" for each in OPERATIONS if each.added}

    assert marked == added


def test_route_functions_match_the_table() -> None:
    """In the parameters of the path, and the object of the response."""
    served = (
        (conversations.OPERATIONS, API_ROUTES),
        (files.OPERATIONS, FILE_ROUTES),
        (forwarded.OPERATIONS, [forwarded_routes]),
    )
    checked = 0
    for operations, routes in served:
        for operation, function in matched(operations, routes):
            hints = get_type_hints(function)
            returned = hints.pop("return")
            assert list(hints) == ["request", *operation.parameters], operation.id
            assert hints["request"] is Request
            if not isinstance(operation.response, str):
                shown = operation.response | Response[str] if operation.streams else None
                assert returned == (shown or operation.response), operation.id
            checked += 1
    assert checked == len(OPERATIONS)


@pytest.mark.parametrize("change", ["missing", "unknown"])
def test_missing_or_unknown_route_function_fails_at_import(change: str) -> None:
    """An operation without a route function, and a route function without an operation."""
    routes = Routes()
    if change == "unknown":
        routes("makeCoffee")(lambda request: {})

    with pytest.raises(LookupError, match="makeCoffee" if change == "unknown" else "createFile"):
        make_app(() if change == "unknown" else files.OPERATIONS, [routes])


def test_openapi_document_has_every_operation() -> None:
    """By method and path."""
    paths = document()["paths"]

    assert {f"{m.upper()} {path}" for path, methods in paths.items() for m in methods} == TABLE


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.id)
def test_body_has_a_valid_example(operation: Operation) -> None:
    """Each operation with a body, and no other."""
    assert (operation.id in EXAMPLES) is (operation.body is not None)
    if operation.body is not None:
        operation.body.model_validate(EXAMPLES[operation.id])


def test_operation_ids_are_unique() -> None:
    """A generated client has one method for each."""
    ids = [each.id for each in OPERATIONS]

    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.id)
def test_links_name_existing_operations_and_parameters(operation: Operation) -> None:
    """OpenAPI's links."""
    paths = document()["paths"]
    by_id = {
        shown["operationId"]: {each["name"] for each in shown.get("parameters", [])}
        for methods in paths.values()
        for shown in methods.values()
    }
    shown = paths[operation.path][operation.method.lower()]

    for link in shown["responses"]["200"].get("links", {}).values():
        assert set(link.get("parameters", {})) <= by_id[link["operationId"]]
