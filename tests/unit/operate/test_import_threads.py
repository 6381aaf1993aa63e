"""Threads of OpenAI's Assistants API are imported as threads of a tenant."""

import json
from typing import Any

import pytest
from understudy.domain.lists import PageRequest
from understudy.domain.threads import DAY
from understudy.services import Services

from operate.import_threads import ImportThreadsError, import_threads

THREAD_ID = "thread_h9cKbLdGsLjdBXvxCMR2Wc0f"


def message(text: str, at: int, role: str = "user", **more: Any) -> dict[str, Any]:
    """Returns a message as OpenAI's Assistants API showed it."""
    content = [
        {"type": "text", "text": {"value": text, "annotations": [{"type": "file_citation"}]}}
    ]
    return {"id": f"msg_{at}", "role": role, "created_at": at, "content": content, **more}


def line(**changes: Any) -> str:
    """A dumped thread; the API lists its newest message first."""
    answer, question = message("4", 1_700_000_002, "assistant"), message("2 + 2?", 1_700_000_001)
    given = {
        "id": THREAD_ID,
        "object": "thread",
        "created_at": 1_700_000_000,
        "metadata": {"shop": "7"},
        "messages": {"object": "list", "data": [answer, question]},
    }
    return json.dumps(given | changes)


def stored(services: Services, thread_id: str = THREAD_ID) -> list[Any]:
    """The thread's messages, oldest first."""
    page = services.messages.page("acme", thread_id, PageRequest(order="asc", limit=100))
    return list(page.items)


def test_a_thread_keeps_its_id_its_times_and_its_order(services: Services) -> None:
    """What an application has stored stays valid, and the model sees the history as it was."""
    counts = import_threads(services, "acme", iter([line(), "\n"]), keep_days=30)

    thread = services.threads.get("acme", THREAD_ID)
    assert thread is not None
    assert (thread.created_at, thread.metadata) == (1_700_000_000, {"shop": "7"})
    assert thread.expires_at == int(services.now()) + 30 * DAY
    texts = [(each.role, each.content[0]["text"], each.created_at) for each in stored(services)]
    assert texts == [
        ("user", {"value": "2 + 2?", "annotations": []}, 1_700_000_001),
        ("assistant", {"value": "4", "annotations": []}, 1_700_000_002),
    ]
    assert (counts.threads, counts.messages) == (1, 2)


def test_the_next_message_comes_after_the_imported_ones(services: Services) -> None:
    """The thread's places go on where the import ended."""
    import_threads(services, "acme", iter([line()]), keep_days=30)

    thread = services.threads.get("acme", THREAD_ID)
    assert thread is not None
    admitted = services.threads.admit_message(thread)

    assert admitted.message_order == 3


def test_messages_of_one_second_keep_the_order_of_the_list(services: Services) -> None:
    """OpenAI's times are whole seconds."""
    same = [message("b", 5), message("a", 4), message("first", 4)]

    import_threads(services, "acme", iter([line(messages=same)]), keep_days=30)

    texts = [each.content[0]["text"]["value"] for each in stored(services)]
    assert texts == ["first", "a", "b"]


def test_it_can_be_run_again(services: Services) -> None:
    """What is there is passed over."""
    import_threads(services, "acme", iter([line()]), keep_days=30)

    again = import_threads(services, "acme", iter([line()]), keep_days=30)

    assert (again.threads, again.there_already) == (0, 1)
    assert len(stored(services)) == 2


def test_an_interrupted_thread_is_imported_once(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second attempt writes the messages of the first under the same ids."""

    def broken(*_: Any) -> None:
        raise ValueError("the line was cut")

    with monkeypatch.context() as patch:
        patch.setattr(services.threads, "create", broken)
        with pytest.raises(ImportThreadsError, match="the line was cut"):
            import_threads(services, "acme", iter([line()]), keep_days=30)

    import_threads(services, "acme", iter([line()]), keep_days=30)

    assert len(stored(services)) == 2


def test_azures_dump_and_a_wrapped_thread_are_read_too(services: Services) -> None:
    """Azure names the model's role "agent"; some dumps hold the thread beside its messages."""
    wrapped = {
        "thread": {"id": "thread_azure", "created_at": 1, "metadata": None},
        "messages": [{"role": "agent", "created_at": 2, "content": "Hello"}],
    }

    import_threads(services, "acme", iter([json.dumps(wrapped)]), keep_days=30)

    [hello] = stored(services, "thread_azure")
    assert (hello.role, hello.content[0]["text"]["value"]) == ("assistant", "Hello")


def test_files_are_left_out_and_counted(services: Services) -> None:
    """They are not in the dump; a part without its file would break every later run."""
    image = {"type": "image_file", "image_file": {"file_id": "file-old"}}
    with_files = message("see", 1, attachments=[{"file_id": "file-old", "tools": []}])
    with_files["content"].append(image)

    counts = import_threads(services, "acme", iter([line(messages=[with_files])]), keep_days=30)

    [only] = stored(services)
    assert [part["type"] for part in only.content] == ["text"]
    assert only.attachments == []
    assert counts.files_left_out == 2


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("{", "line 2: "),
        (line(id="thread_a#b"), "line 2: 'thread_a#b' is no id of a thread"),
        (
            line(id="thread_b", messages=[{"role": "user", "content": "x"}]),
            "line 2: 'created_at' is missing",
        ),
        (json.dumps({"id": "thread_x"}), "line 2: 'messages' is missing"),
    ],
)
def test_a_bad_line_is_named(services: Services, bad: str, reason: str) -> None:
    """The lines before it are imported, so the file can be mended and run again."""
    with pytest.raises(ImportThreadsError) as told:
        import_threads(services, "acme", iter([line(), bad]), keep_days=30)

    assert str(told.value).startswith(reason)
    assert services.threads.get("acme", THREAD_ID) is not None


def test_another_tenant_sees_nothing(services: Services) -> None:
    """An import is one tenant's, like everything else."""
    import_threads(services, "acme", iter([line()]), keep_days=30)

    assert services.threads.get("other", THREAD_ID) is None
