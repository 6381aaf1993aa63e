"""Raw responses against the schemas of OpenAI's own document, if it is beside the repository."""

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml
from jsonschema import Draft202012Validator, ValidationError
from understudy.http.openapi.document import OPERATIONS
from understudy.http.operations import Operation

from local.stack import Stack
from tests.limits import WAIT_SECONDS
from tests.sdk.conversations import Conversations
from tests.sdk.exercise import Exercise
from tests.sdk.files import Files

SPEC = Path(__file__).resolve().parents[3] / "shared" / "openai-openapi-assistants.yaml"
JSON = "application/json"
RECORDED_NULLS = ("expires_at", "status_details")
"""Members of files."""
KEY = "us-key-of-the-tenant-by-the-book"


@pytest.fixture(scope="module")
def spec() -> dict[str, Any]:
    """The document, with OpenAPI 3.0's `nullable` as JSON Schema writes it."""
    if not SPEC.exists():
        pytest.skip(f"{SPEC.parent.name}/{SPEC.name} is not beside the repository")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    loaded: dict[str, Any] = nullable(yaml.load(SPEC.read_text(), Loader=loader))
    return loaded


def nullable(node: Any) -> Any:
    if isinstance(node, list):
        return [nullable(entry) for entry in node]
    if not isinstance(node, dict):
        return node
    made = {name: nullable(value) for name, value in node.items() if name != "nullable"}
    if node.get("nullable") is True:
        return {"anyOf": [made, {"type": "null"}]}
    if any(branch == {"nullable": True} for branch in node.get("allOf", [])):
        made["allOf"] = [branch for branch in node["allOf"] if branch != {"nullable": True}]
        return {"anyOf": [made, {"type": "null"}]}
    return made


def operation_of(method: str, path: str) -> Operation:
    """Returns the operation of a request; a literal segment wins over a parameter."""
    found = [each for each in OPERATIONS if each.method == method and each.matches(path)]
    return min(found, key=lambda each: each.path.count("{"))


def schema_of(spec: dict[str, Any], operation_id: str) -> dict[str, Any] | None:
    """Returns the schema of the operation's success, if OpenAI's API had the operation."""
    for methods in spec["paths"].values():
        for operation in methods.values():
            if isinstance(operation, dict) and operation.get("operationId") == operation_id:
                content = operation["responses"]["200"]["content"]
                found: dict[str, Any] = content[JSON]["schema"]
                return found
    return None


def is_recorded_null(error: ValidationError) -> bool:
    """Returns whether OpenAI's own responses have the null that its document forbids."""
    return error.instance is None and bool(error.path) and error.path[-1] in RECORDED_NULLS


@pytest.mark.parametrize("part", [Conversations, Files])
def test_every_response_fits_openais_schema(
    stack: Stack, spec: dict[str, Any], part: type[Exercise]
) -> None:
    """All required keys are there, with the documented types."""
    taken: list[tuple[str, str, str]] = []

    def keep(response: httpx2.Response) -> None:
        response.read()
        if response.status_code == 200:
            request = response.request
            path = request.url.path.removeprefix("/v1")
            taken.append((request.method, path, response.text))

    with httpx2.Client(event_hooks={"response": [keep]}, timeout=WAIT_SECONDS) as http:
        # A tenant of its own: the SDK rejects objects that other tests create with rare values.
        stack.add_key(KEY, tenant="by-the-book")
        part(stack.base_url, KEY, http).run()

    checked = set()
    for method, path, text in taken:
        operation = operation_of(method, path)
        schema, body = schema_of(spec, operation.id), json.loads(text)
        # An empty list has null ends, which the document forbids.
        if schema is None or body.get("data") == []:
            continue
        validator = Draft202012Validator(schema | {"components": spec["components"]})
        problems = [
            f"{error.json_path}: {error.message[:200]}"
            for error in validator.iter_errors(body)
            if not is_recorded_null(error)
        ]
        assert problems == [], f"{operation.id}: {text[:500]}"
        checked.add(operation.id)
    assert len(checked) > 10
