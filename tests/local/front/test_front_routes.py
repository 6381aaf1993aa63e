"""Which route of an API gets a request."""

import pytest

from local.front.routes import ApiDefinition, ApiDefinitionError, Route, RouteTable
from tests.local.front.apis import function, http_api

_TABLE = RouteTable(
    Route(method, path, function="F")
    for method, path in [
        ("ANY", "/{proxy+}"),
        ("GET", "/pets/{proxy+}"),
        ("GET", "/pets/dog/{id}"),
        ("GET", "/pets/dog/1"),
        ("ANY", "/pets/dog/1"),
        ("POST", "/v1/threads/{thread_id}/runs/{run_id}"),
    ]
)


@pytest.mark.parametrize(
    ("method", "path", "key"),
    [
        ("GET", "/pets/dog/1", "GET /pets/dog/1"),
        ("PUT", "/pets/dog/1", "ANY /pets/dog/1"),
        ("GET", "/pets/dog/2", "GET /pets/dog/{id}"),
        ("GET", "/pets/cat/1", "GET /pets/{proxy+}"),
        ("POST", "/pets/dog/2", "ANY /{proxy+}"),
        ("POST", "/test/5", "ANY /{proxy+}"),
        ("GET", "/pets/dog/", "GET /pets/{proxy+}"),
    ],
)
def test_most_specific_route_wins(method: str, path: str, key: str) -> None:
    """A literal wins over a variable, and a variable over a greedy one."""
    match = _TABLE.match(method, path)

    assert match is not None
    assert match.route.key == key


def test_full_match_wins_over_greedy_one() -> None:
    """Even if the greedy route begins with more literal segments."""
    table = RouteTable([Route("GET", "/a/b/{proxy+}", "F"), Route("GET", "/a/{id}/c", "F")])

    match = table.match("GET", "/a/b/c")

    assert match is not None
    assert match.route.key == "GET /a/{id}/c"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/v1/threads/t1/runs/r1", {"thread_id": "t1", "run_id": "r1"}),
        ("/v1/threads/a%2Fb/runs/%C3%A9+", {"thread_id": "a/b", "run_id": "é+"}),
    ],
)
def test_variables_are_decoded_once(path: str, expected: dict[str, str]) -> None:
    """An encoded slash stays inside its segment, and a plus sign is not a space."""
    match = _TABLE.match("POST", path)

    assert match is not None
    assert match.path_parameters == expected


def test_greedy_variable_takes_rest_of_path() -> None:
    """{proxy+} holds everything after its position, including slashes."""
    match = _TABLE.match("POST", "/a/b%20c/d")

    assert match is not None
    assert match.path_parameters == {"proxy": "a/b c/d"}


@pytest.mark.parametrize("path", ["/v1/threads//runs/r", "/v1/threads/t/runs", "/v1", "/", "//"])
def test_path_without_fitting_route_does_not_match(path: str) -> None:
    """An empty variable, a missing or an extra segment is no match."""
    table = RouteTable([Route("GET", "/v1/threads/{thread_id}/runs/{run_id}", "F")])

    assert table.match("GET", path) is None
    assert table.match("GET", "/v1/threads/t/runs/r/steps") is None


def test_routes_are_read_from_template() -> None:
    """ANY stands for every method; each route names the function behind it."""
    api = ApiDefinition.of(http_api({"GET /health": "Health", "ANY /v1/{proxy+}": "Api"}))

    found = {route.key: route.function for route in api.routes.routes}
    assert found == {"GET /health": "Health", "ANY /v1/{proxy+}": "Api"}


def test_integration_without_function_of_template_is_refused() -> None:
    """The error names the integration."""
    deployment = http_api({"GET /health": "Health"})
    deployment.functions.pop("Health")  # type: ignore[attr-defined]
    deployment.functions["Other"] = function("Other")  # type: ignore[index]

    with pytest.raises(ApiDefinitionError, match="function:Health"):
        ApiDefinition.of(deployment)
