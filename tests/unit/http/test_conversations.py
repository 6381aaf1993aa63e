"""Assistants, threads, messages and models over the API function."""

from understudy.services import Services

from tests.unit.http.caller import WEATHER, Api


def test_an_assistant_has_openais_keys(api: Api) -> None:
    """With OpenAI's defaults and nulls."""
    made = api.made("/v1/assistants", {"model": "gpt-4-turbo", "tools": [WEATHER]})

    assert {name: made[name] for name in made if name not in ("id", "created_at")} == {
        "object": "assistant",
        "name": None,
        "description": None,
        "model": "gpt-4-turbo",
        "instructions": None,
        "tools": [{"type": "function", "function": WEATHER["function"] | {"strict": False}}],
        "top_p": 1.0,
        "temperature": 1.0,
        "reasoning_effort": None,
        "tool_resources": {},
        "metadata": {},
        "response_format": "auto",
    }


def test_a_tool_that_openais_api_did_not_have_is_kept_unchanged(api: Api) -> None:
    """Web search, MCP and later tools are passed on."""
    tool = {"type": "mcp", "server_label": "x", "server_url": "https://example.com"}

    assert api.made("/v1/assistants", {"model": "m", "tools": [tool]})["tools"] == [tool]


def test_a_modify_changes_what_was_sent_only(api: Api, assistant_id: str) -> None:
    """Metadata is replaced as a whole."""
    path = f"/v1/assistants/{assistant_id}"
    api.made(path, {"metadata": {"a": "1"}, "name": "N"})

    changed = api.made(path, {"metadata": {"b": "2"}, "instructions": "Be brief."})

    assert changed["metadata"] == {"b": "2"}
    assert (changed["name"], changed["instructions"]) == ("N", "Be brief.")
    assert changed["tools"][0]["type"] == "function"
    assert api.get(path).body == changed


def test_a_message_has_openais_keys(api: Api, thread_id: str) -> None:
    """A string comes back as a text part."""
    path = f"/v1/threads/{thread_id}/messages"

    made = api.made(path, {"role": "user", "content": "Hello"})

    assert made["content"] == [{"type": "text", "text": {"value": "Hello", "annotations": []}}]
    assert (made["run_id"], made["assistant_id"]) == (None, None)
    assert (made["attachments"], made["metadata"]) == ([], {})
    assert api.get(f"{path}/{made['id']}").body == made


def test_message_may_contain_images(api: Api, thread_id: str) -> None:
    """By URL; an image file must belong to the tenant."""
    parts = [
        {"type": "text", "text": "What is it?"},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
    ]

    made = api.made(f"/v1/threads/{thread_id}/messages", {"role": "user", "content": parts})

    assert made["content"][1] == {
        "type": "image_url",
        "image_url": {"url": "https://example.com/a.png", "detail": "auto"},
    }


def test_only_metadata_of_a_message_can_be_modified(api: Api, thread_id: str) -> None:
    """Any other field is an unknown parameter."""
    path = f"/v1/threads/{thread_id}/messages"
    message = api.made(path, {"role": "user", "content": "Hello"})
    path += f"/{message['id']}"

    assert api.made(path, {"metadata": {"seen": "yes"}})["metadata"] == {"seen": "yes"}
    assert api.made(path)["metadata"] == {"seen": "yes"}
    assert api.post(path, {"content": "Bye"}).error["code"] == "unknown_parameter"


def test_a_deleted_message_is_a_404(api: Api, thread_id: str) -> None:
    """A second delete is a 404."""
    path = f"/v1/threads/{thread_id}/messages"
    message = api.made(path, {"role": "user", "content": "Hello"})
    path += f"/{message['id']}"

    gone = {"id": message["id"], "object": "thread.message.deleted", "deleted": True}
    assert api.call("DELETE", path).body == gone
    assert api.call("DELETE", path).status == 404
    assert api.get(path).error["message"] == f"No message found with id '{message['id']}'."


def test_models_with_a_price_and_aliases_are_listed(api: Api, services: Services) -> None:
    """An alias is shown under the name that the caller sent."""
    aliases = {"gpt-4*": "gpt-6-luna", "house-model": "gpt-6-luna"}
    changed = services.settings.model_copy(update={"model_aliases": aliases})
    services.settings = changed

    names = {model["id"] for model in api.get("/v1/models").body["data"]}

    assert {"gpt-6-luna", "house-model"} <= names
    assert api.get("/v1/models/gpt-4-turbo").body["id"] == "gpt-4-turbo"
    missing = api.get("/v1/models/nothing-1")
    assert (missing.status, missing.error["code"]) == (404, "model_not_found")


def test_a_deployment_may_have_a_default_model(api: Api, services: Services) -> None:
    """Without one the response is OpenAI's 400; null is not an absent model."""
    refused = api.post("/v1/assistants", {})
    assert (refused.status, refused.error["param"]) == (400, "model")

    services.settings = services.settings.model_copy(update={"default_model": "gpt-6-luna"})

    assert api.made("/v1/assistants", {})["model"] == "gpt-6-luna"
    assert api.made("/v1/assistants", {"model": "gpt-4o"})["model"] == "gpt-4o"
    assert api.post("/v1/assistants", {"model": None}).status == 400
