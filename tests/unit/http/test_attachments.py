"""Files and vector stores that request bodies name: ownership, and the thread's resources."""

from typing import Any

import pytest
from understudy.domain.files import File
from understudy.services import Services

from tests.unit.http.caller import Api

FILE, OTHERS_FILE = "file-000example", "file-000other"
V1 = {"openai_beta": "assistants=v1"}


def put_file(services: Services, file_id: str, tenant: str = "acme") -> None:
    file = File(
        id=file_id,
        tenant=tenant,
        filename="sales.csv",
        purpose="assistants",
        bytes=10,
        created_at=int(services.now()),
        provider_id=f"provider-{file_id}",
    )
    assert services.files.put_new(file)


@pytest.fixture
def thread_id(api: Api, services: Services) -> str:
    put_file(services, FILE)
    put_file(services, OTHERS_FILE, tenant="other")
    return str(api.made("/v1/threads")["id"])


def attached(file_id: str, *tools: str) -> dict[str, Any]:
    attachment = {"file_id": file_id, "tools": [{"type": tool} for tool in tools]}
    return {"role": "user", "content": "Look.", "attachments": [attachment]}


def test_attachment_for_code_interpreter_becomes_a_thread_resource(
    api: Api, services: Services, thread_id: str
) -> None:
    """The message and the thread's resources show it, and the use is counted."""
    path = f"/v1/threads/{thread_id}"

    message = api.made(f"{path}/messages", attached(FILE, "code_interpreter"))

    assert message["attachments"] == [{"file_id": FILE, "tools": [{"type": "code_interpreter"}]}]
    resources = api.get(path).body["tool_resources"]
    assert resources == {"code_interpreter": {"file_ids": [FILE]}}
    [use] = services.file_uses.of("acme", thread_id)
    assert (use.file_id, use.code_interpreter, use.file_search) == (FILE, True, False)


def test_an_attachment_for_search_registers_a_vector_store(
    api: Api, services: Services, thread_id: str
) -> None:
    """The thread shows it at once; a second attachment goes into the same vector store."""
    path = f"/v1/threads/{thread_id}"

    for _ in range(2):
        api.made(f"{path}/messages", attached(FILE, "file_search"))

    [store_id] = api.get(path).body["tool_resources"]["file_search"]["vector_store_ids"]
    store = services.vector_stores.get("acme", store_id)
    assert store is not None
    assert (store.thread_id, store.provider_id) == (thread_id, None)
    assert store.creation_request is not None
    assert store.creation_request["expires_after"] == {"anchor": "last_active_at", "days": 7}


def test_thread_is_created_with_attachments_and_resources(
    api: Api, services: Services, thread_id: str
) -> None:
    """It has the files of its messages and those of its body."""
    put_file(services, "file-000second")
    body = {
        "messages": [attached(FILE, "code_interpreter")],
        "tool_resources": {
            "code_interpreter": {"file_ids": ["file-000second"]},
            "file_search": {"vector_stores": [{"file_ids": [FILE]}]},
        },
    }

    resources = api.made("/v1/threads", body)["tool_resources"]

    assert resources["code_interpreter"]["file_ids"] == ["file-000second", FILE]
    [store_id] = resources["file_search"]["vector_store_ids"]
    store = services.vector_stores.get("acme", store_id)
    assert store is not None
    assert store.creation_request is not None
    assert store.creation_request["file_ids"] == [FILE]


def test_deleting_an_assistant_releases_its_files(
    api: Api, services: Services, thread_id: str
) -> None:
    """A file is in use as long as an assistant has it."""
    resources = {"code_interpreter": {"file_ids": [FILE]}}
    tools = [{"type": "code_interpreter"}]
    body = {"model": "m", "tools": tools, "tool_resources": resources}
    assistant = api.made("/v1/assistants", body)

    used = services.files.get("acme", FILE)
    api.call("DELETE", f"/v1/assistants/{assistant['id']}")
    free = services.files.get("acme", FILE)

    assert assistant["tool_resources"] == resources
    assert used is not None
    assert free is not None
    assert (used.uses, free.uses) == (1, 0)


@pytest.mark.parametrize("file_id", [OTHERS_FILE, "file-000nothing"])
def test_file_of_another_tenant_is_not_found(
    api: Api, services: Services, thread_id: str, file_id: str
) -> None:
    """It is rejected like an unknown file, and nothing is created."""
    image = {"type": "image_file", "image_file": {"file_id": file_id}}
    resources = {"code_interpreter": {"file_ids": [file_id]}}
    stores = {"file_search": {"vector_stores": [{"file_ids": [file_id]}]}}
    assistant = api.made("/v1/assistants", {"model": "m", "instructions": "Be brief."})["id"]
    message = attached(file_id, "code_interpreter")
    requests: list[tuple[str, dict[str, Any]]] = [
        (f"/v1/threads/{thread_id}/messages", message),
        (f"/v1/threads/{thread_id}/messages", {"role": "user", "content": [image]}),
        (f"/v1/threads/{thread_id}", {"tool_resources": resources}),
        (f"/v1/threads/{thread_id}", {"tool_resources": stores}),
        ("/v1/threads", {"messages": [message]}),
        ("/v1/threads", {"tool_resources": resources}),
        ("/v1/assistants", {"model": "m", "tool_resources": resources}),
        ("/v1/assistants", {"model": "m", "file_ids": [file_id]}),
        (f"/v1/assistants/{assistant}", {"tool_resources": stores}),
        (
            f"/v1/threads/{thread_id}/runs",
            {"assistant_id": assistant, "additional_messages": [message]},
        ),
        ("/v1/threads/runs", {"assistant_id": assistant, "tool_resources": resources}),
    ]

    for path, body in requests:
        answered = api.post(path, body)
        assert answered.status == 404, path
        assert answered.error["message"] == f"No such File object: {file_id}"
    assert api.get(f"/v1/threads/{thread_id}/messages").body["data"] == []
    assert api.get(f"/v1/threads/{thread_id}/runs").body["data"] == []
    assert len(api.get("/v1/threads").body["data"]) == 1


def test_no_body_can_name_a_store_of_another_tenant(api: Api, stranger: Api) -> None:
    """Even if the id is known."""
    theirs = stranger.made(
        "/v1/threads", {"tool_resources": {"file_search": {"vector_stores": [{}]}}}
    )
    [store_id] = theirs["tool_resources"]["file_search"]["vector_store_ids"]
    resources = {"file_search": {"vector_store_ids": [store_id]}}

    for path in ("/v1/threads", "/v1/assistants"):
        body = {"tool_resources": resources} | ({"model": "m"} if "assist" in path else {})
        answered = api.post(path, body)
        assert answered.status == 404


def test_too_many_files_for_code_are_rejected(api: Api, services: Services, thread_id: str) -> None:
    """The limit is 20."""
    files = [f"file-{number:09}" for number in range(21)]
    for file_id in files:
        put_file(services, file_id)
    body = {"tool_resources": {"code_interpreter": {"file_ids": files[:20]}}}
    path = f"/v1/threads/{api.made('/v1/threads', body)['id']}/messages"

    answered = api.post(path, attached(files[20], "code_interpreter"))

    assert answered.status == 400
    assert answered.error["code"] == "array_above_max_length"


def test_version_one_has_retrieval_and_file_ids(
    api: Api, services: Services, thread_id: str
) -> None:
    """The files go to the assistant's tools, and responses have version 1's keys."""
    tools = [{"type": "retrieval"}, {"type": "code_interpreter"}]
    body = {"model": "gpt-4-turbo", "tools": tools, "file_ids": [FILE]}

    made = api.post("/v1/assistants", body, **V1).body
    same = api.get(f"/v1/assistants/{made['id']}").body

    assert (made["tools"], made["file_ids"]) == (tools, [FILE])
    assert [tool["type"] for tool in same["tools"]] == ["file_search", "code_interpreter"]
    assert same["tool_resources"]["code_interpreter"] == {"file_ids": [FILE]}
    assert len(same["tool_resources"]["file_search"]["vector_store_ids"]) == 1
    assert "retrieval" not in str(same)


def test_file_ids_of_a_version_one_message_are_attachments(api: Api, thread_id: str) -> None:
    """For every tool; lists have version 1's keys too."""
    path = f"/v1/threads/{thread_id}/messages"

    made = api.post(path, {"role": "user", "content": "Look.", "file_ids": [FILE]}, **V1).body
    listed = api.call("GET", path, **V1).body

    assert made["file_ids"] == [FILE]
    tools = [tool["type"] for tool in made["attachments"][0]["tools"]]
    assert tools == ["code_interpreter", "file_search"]
    assert listed["data"][0]["file_ids"] == [FILE]


@pytest.mark.parametrize(
    ("attachment", "message", "code"),
    [
        (
            {"file_id": FILE},
            "Missing required parameter: 'attachments[0].tools'.",
            "missing_required_parameter",
        ),
        (
            {"file_id": FILE, "tools": None},
            "Invalid type for 'attachments[0].tools': expected an array, but got null instead.",
            "invalid_type",
        ),
        (
            {"file_id": FILE, "tools": []},
            "Invalid 'attachments[0].tools': array too short. Expected an array with minimum "
            "length 1, but got an array with length 0 instead.",
            "array_below_min_length",
        ),
    ],
)
def test_attachment_without_tools_is_rejected(
    api: Api, thread_id: str, attachment: dict[str, Any], message: str, code: str
) -> None:
    """No tool would read the file."""
    body = {"role": "user", "content": "Look.", "attachments": [attachment]}

    answered = api.post(f"/v1/threads/{thread_id}/messages", body)

    assert (answered.status, answered.error["code"]) == (400, code)
    assert answered.error["message"] == message
    assert answered.error["param"] == "attachments[0].tools"


def test_deleted_files_and_vector_stores_are_not_shown(
    api: Api, services: Services, thread_id: str
) -> None:
    """On assistants and threads, alone and in lists; both can be modified as they are shown."""
    resources = {
        "code_interpreter": {"file_ids": [FILE]},
        "file_search": {"vector_stores": [{}]},
    }
    tools = [{"type": "code_interpreter"}, {"type": "file_search"}]
    assistant = api.made(
        "/v1/assistants", {"model": "m", "tools": tools, "tool_resources": resources}
    )
    thread = api.made("/v1/threads", {"tool_resources": resources})
    for made in (assistant, thread):
        [store_id] = made["tool_resources"]["file_search"]["vector_store_ids"]
        store = services.vector_stores.get("acme", store_id)
        assert store is not None
        services.vector_stores.delete(store)
    services.files.mark_deleting("acme", FILE)

    paths = [f"/v1/assistants/{assistant['id']}", f"/v1/threads/{thread['id']}"]
    expected = {"code_interpreter": {"file_ids": []}, "file_search": {"vector_store_ids": []}}
    for path in paths:
        shown = api.get(path).body
        assert shown["tool_resources"] == expected
        [listed] = [
            each
            for each in api.get(path.rpartition("/")[0]).body["data"]
            if each["id"] == shown["id"]
        ]
        assert listed["tool_resources"] == expected
        assert api.made(path, {"metadata": {"a": "b"}})["tool_resources"] == expected
        assert api.made(path, {"tool_resources": expected})["tool_resources"] == expected


def test_version_one_files_can_be_changed_after_a_vector_store_was_deleted(
    api: Api, services: Services, thread_id: str
) -> None:
    """The old vector store is not checked again."""
    body = {"model": "m", "tools": [{"type": "retrieval"}], "file_ids": [FILE]}
    made = api.made("/v1/assistants", body)
    [store_id] = made["tool_resources"]["file_search"]["vector_store_ids"]
    store = services.vector_stores.get("acme", store_id)
    assert store is not None
    services.vector_stores.delete(store)

    changed = api.made(f"/v1/assistants/{made['id']}", {"file_ids": [FILE]})

    assert changed["tool_resources"]["file_search"]["vector_store_ids"] != [store_id]


def test_tools_are_shown_with_openais_defaults(api: Api) -> None:
    """What a client gave stays."""
    ranking = {"ranker": "auto", "score_threshold": 0.5}
    tools = [
        {"type": "file_search"},
        {"type": "file_search", "file_search": {"max_num_results": 5, "ranking_options": ranking}},
        {"type": "function", "function": {"name": "f"}},
    ]

    shown = [api.made("/v1/assistants", {"model": "m", "tools": [each]})["tools"] for each in tools]

    default = {"ranker": "default_2024_08_21", "score_threshold": 0.0, "hybrid_search": None}
    given = {"max_num_results": 5, "ranking_options": ranking | {"hybrid_search": None}}
    function = {"name": "f", "strict": False, "parameters": {"type": "object", "properties": {}}}
    assert shown == [
        [{"type": "file_search", "file_search": {"ranking_options": default}}],
        [{"type": "file_search", "file_search": given}],
        [{"type": "function", "function": function}],
    ]
