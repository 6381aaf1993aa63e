"""Which route of an API gets a request."""

import pytest

from local.front.routes import ApiDefinition, ApiDefinitionError, Route, RouteTable, without_stage
from tests.local.front.apis import function, rest_api

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


@pytest.mark.parametrize("path", ["/pets/dog/2", "/pets/cat/1"])
def test_method_is_chosen_after_the_path(path: str) -> None:
    """No less specific path is tried, even if it has a route for the method."""
    assert _TABLE.match("POST", path) is None


def test_method_of_a_path_is_found_among_other_paths() -> None:
    """Routes are sorted by how general they are, so those of one path may be apart."""
    table = RouteTable(
        [Route("POST", "/a/b", "F"), Route("POST", "/c/d", "F"), Route("ANY", "/a/b", "G")]
    )

    match = table.match("GET", "/a/b")

    assert match is not None
    assert match.route.function == "G"


@pytest.mark.parametrize(
    ("path", "expected"),
    [("/v1/x/y", "/x/y"), ("/v1", "/"), ("/v1/", "/"), ("/x/y", None), ("/v12/x", None)],
)
def test_stage_is_taken_from_the_path(path: str, expected: str | None) -> None:
    """A path of another stage has no route."""
    assert without_stage(path) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/v1/threads/t1/runs/r1", {"thread_id": "t1", "run_id": "r1"}),
        ("/v1/threads/a%2Fb/runs/%C3%A9+", {"thread_id": "a%2Fb", "run_id": "%C3%A9+"}),
    ],
)
def test_variables_stay_encoded(path: str, expected: dict[str, str]) -> None:
    """As a REST API leaves them."""
    match = _TABLE.match("POST", path)

    assert match is not None
    assert match.path_parameters == expected


def test_greedy_variable_takes_rest_of_path() -> None:
    """{proxy+} holds everything after its position, including slashes."""
    match = _TABLE.match("POST", "/a/b%20c/d")

    assert match is not None
    assert match.path_parameters == {"proxy": "a/b%20c/d"}


@pytest.mark.parametrize("path", ["/v1/threads//runs/r", "/v1/threads/t/runs", "/v1", "/", "//"])
def test_path_without_fitting_route_does_not_match(path: str) -> None:
    """An empty variable, a missing or an extra segment is no match."""
    table = RouteTable([Route("GET", "/v1/threads/{thread_id}/runs/{run_id}", "F")])

    assert table.match("GET", path) is None
    assert table.match("GET", "/v1/threads/t/runs/r/steps") is None


def test_routes_are_read_from_template() -> None:
    """ANY stands for every method; each route names the function behind it."""
    api = ApiDefinition.of(rest_api({"GET /health": "Health", "ANY /v1/{proxy+}": "Api"}))

    found = {route.key: route.function for route in api.routes.routes}
    assert found == {"GET /health": "Health", "ANY /v1/{proxy+}": "Api"}


def test_integration_without_function_of_template_is_refused() -> None:
    """The error names the integration."""
    deployment = rest_api({"GET /health": "Health"})
    deployment.functions.pop("Health")  # type: ignore[attr-defined]
    deployment.functions["Other"] = function("Other")  # type: ignore[index]

    with pytest.raises(ApiDefinitionError, match="function:Health"):
        ApiDefinition.of(deployment)
