"""Raw answers against the schemas of OpenAI's own document, where that lies beside us."""

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml
from jsonschema import Draft202012Validator
from understudy.http.operations import OPERATIONS, Operation

from local.stack import Stack
from tests.sdk.conversations import Conversations
from tests.sdk.exercise import Exercise
from tests.sdk.files import Files

SPEC = Path(__file__).resolve().parents[3] / "shared" / "openai-openapi-assistants.yaml"
JSON = "application/json"
KEY = "us-key-of-the-tenant-by-the-book"


@pytest.fixture(scope="module")
def spec() -> dict[str, Any]:
    """The document, with OpenAPI 3.0's `nullable` in the words of JSON Schema."""
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
    """The operation that a request meant; a name in its path wins over a placeholder."""
    found = [each for each in OPERATIONS if each.method == method and each.matches(path)]
    return min(found, key=lambda each: each.path.count("{"))


def schema_of(spec: dict[str, Any], operation_id: str) -> dict[str, Any] | None:
    """The schema of the operation's success, if OpenAI's API had the operation."""
    for methods in spec["paths"].values():
        for operation in methods.values():
            if isinstance(operation, dict) and operation.get("operationId") == operation_id:
                content = operation["responses"]["200"]["content"]
                found: dict[str, Any] = content[JSON]["schema"]
                return found
    return None


@pytest.mark.parametrize("part", [Conversations, Files])
def test_every_answer_fits_the_schema_of_the_original(
    stack: Stack, spec: dict[str, Any], part: type[Exercise]
) -> None:
    """All required keys are there, with the types of OpenAI's document."""
    taken: list[tuple[str, str, str]] = []

    def keep(response: httpx2.Response) -> None:
        response.read()
        if response.status_code == 200:
            request = response.request
            path = request.url.path.removeprefix("/v1")
            taken.append((request.method, path, response.text))

    with httpx2.Client(event_hooks={"response": [keep]}) as http:
        # What the fuzzer leaves to its tenant need not fit: the SDK knows fewer purposes of files.
        stack.add_key(KEY, tenant="by-the-book")
        part(stack.base_url, KEY, http).run()

    checked = set()
    for method, path, text in taken:
        operation = operation_of(method, path)
        schema, body = schema_of(spec, operation.id), json.loads(text)
        # An empty list has null ends; the document knows no list without an object in it.
        if schema is None or body.get("data") == []:
            continue
        validator = Draft202012Validator(schema | {"components": spec["components"]})
        problems = [
            f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(body)
        ]
        assert problems == [], f"{operation.id}: {text[:500]}"
        checked.add(operation.id)
    assert len(checked) > 10
