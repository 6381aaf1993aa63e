"""Which route of an HTTP API gets a request."""

import pytest

from local.front.routes import Route, RouteTable

_TABLE = RouteTable(
    Route(method, path, function="F")
    for method, path in [
        ("ANY", "/{proxy+}"),
        ("ANY", "$default"),
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
        ("POST", "/", "$default"),
        ("GET", "/pets/dog/", "GET /pets/{proxy+}"),
    ],
)
def test_the_most_specific_route_wins(method: str, path: str, key: str) -> None:
    """A literal goes before a variable, a variable before a greedy one, $default comes last."""
    match = _TABLE.match(method, path)

    assert match is not None
    assert match.route.key == key


def test_a_full_match_goes_before_a_greedy_one() -> None:
    """Even where the greedy route has more literal segments in front."""
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
    """An encoded slash stays inside its segment and a plus sign stays a plus sign."""
    match = _TABLE.match("POST", path)

    assert match is not None
    assert match.path_parameters == expected


def test_a_greedy_variable_takes_the_rest_of_the_path() -> None:
    """{proxy+} holds everything behind its place, slashes included."""
    match = _TABLE.match("POST", "/a/b%20c/d")

    assert match is not None
    assert match.path_parameters == {"proxy": "a/b c/d"}


@pytest.mark.parametrize("path", ["/v1/threads//runs/r", "/v1/threads/t/runs", "/v1", "/", "//"])
def test_without_a_fitting_route_nothing_matches(path: str) -> None:
    """An empty variable, a missing or an extra segment is no match."""
    table = RouteTable([Route("GET", "/v1/threads/{thread_id}/runs/{run_id}", "F")])

    assert table.match("GET", path) is None
    assert table.match("GET", "/v1/threads/t/runs/r/steps") is None
