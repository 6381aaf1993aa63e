"""Whatever a client sends, the response is one that OpenAI's clients can parse."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.http.caller import Answered, Api
from tests.unit.stage import ASSISTANT_ID, RUN_ID, THREAD_ID, put_assistant, put_run

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3)
    ),
    max_leaves=8,
)
NAMES = [
    "model",
    "name",
    "instructions",
    "tools",
    "tool_resources",
    "metadata",
    "temperature",
    "response_format",
    "role",
    "content",
    "attachments",
    "file_ids",
    "assistant_id",
    "thread",
    "messages",
    "additional_messages",
    "tool_choice",
    "truncation_strategy",
    "max_prompt_tokens",
    "stream",
    "tool_outputs",
    "user_id",
]
SOUND = {
    "model": "gpt-4o",
    "role": "user",
    "content": "Hello",
    "assistant_id": ASSISTANT_ID,
    "tool_outputs": [{"tool_call_id": "call_1", "output": "x"}],
}
"""Values with which a body may be valid."""

bodies = st.dictionaries(st.sampled_from(NAMES), anything, max_size=4).flatmap(
    lambda wild: st.sets(st.sampled_from(sorted(SOUND))).map(
        lambda names: wild | {name: SOUND[name] for name in names}
    )
)
POSTS = [
    "/v1/assistants",
    "/v1/assistants/" + ASSISTANT_ID,
    "/v1/threads",
    "/v1/threads/" + THREAD_ID,
    "/v1/threads/runs",
    "/v1/threads/" + THREAD_ID + "/messages",
    "/v1/threads/" + THREAD_ID + "/messages/msg_1",
    "/v1/threads/" + THREAD_ID + "/runs",
    "/v1/threads/" + THREAD_ID + "/runs/" + RUN_ID,
    "/v1/threads/" + THREAD_ID + "/runs/" + RUN_ID + "/cancel",
    "/v1/threads/" + THREAD_ID + "/runs/" + RUN_ID + "/submit_tool_outputs",
]
LISTS = [
    "/v1/assistants",
    "/v1/threads",
    "/v1/users/ada/threads",
    "/v1/threads/" + THREAD_ID + "/messages",
    "/v1/usage",
]
fast = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture
def busy(api: Api) -> Api:
    """Returns a client whose tenant has an assistant, and a thread with an active run."""
    put_assistant(api.services)
    put_run(api.services)
    return api


def check(answered: Answered) -> None:
    """The response is a success, or an error of the client in OpenAI's shape."""
    assert answered.status in (200, 400, 401, 404, 405, 409, 413, 415), answered
    assert answered.headers["x-request-id"]
    if answered.headers.get("Content-Type", "").startswith("text/html"):
        assert answered.status == 200
    elif answered.status == 200:
        assert "object" in answered.body
    else:
        error = answered.error
        assert set(error) == {"message", "type", "param", "code"}
        assert error["message"]
        assert error["type"] == "invalid_request_error"


@fast
@given(path=st.sampled_from(POSTS), body=bodies)
def test_any_object_as_a_body_is_served_or_rejected(
    busy: Api, path: str, body: dict[str, Any]
) -> None:
    """Fields of any type, in any combination."""
    check(busy.post(path, body))


@fast
@given(path=st.sampled_from(POSTS), raw=st.text(max_size=40) | st.binary(max_size=40))
def test_any_text_as_a_body_is_served_or_rejected(busy: Api, path: str, raw: str | bytes) -> None:
    """JSON or not, text or not."""
    check(busy.call("POST", path, raw=raw))


@fast
@given(
    path=st.sampled_from(LISTS),
    query=st.dictionaries(
        st.sampled_from(
            ["limit", "order", "after", "before", "run_id", "user_id", "purpose", "metadata[a]"]
        )
        | st.text(max_size=10),
        st.text(max_size=150) | st.integers().map(str),
        max_size=4,
    ),
)
def test_any_query_is_served_or_rejected(busy: Api, path: str, query: dict[str, str]) -> None:
    """Known parameters with any value, and unknown ones."""
    check(busy.call("GET", path, query=query))


@fast
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE"]),
    parts=st.lists(
        st.sampled_from(["v1", "threads", "assistants", "runs", "messages", "users"])
        | st.text(max_size=30).map(lambda text: text.replace("/", "")),
        max_size=6,
    ),
)
def test_any_path_is_served_or_rejected(busy: Api, method: str, parts: list[str]) -> None:
    """An id may be any text; an unknown path is a 404 or a 405."""
    check(busy.call(method, "/" + "/".join(parts), {}))
