"""From a message to its answer, over HTTP with the official SDK."""

from openai import OpenAI

POLL_MS = 50


def test_question_is_answered_from_the_threads_history(client: OpenAI) -> None:
    """The model recalls a fact from the thread's first message."""
    assistant = client.beta.assistants.create(model="gpt-4o", instructions="Be brief.")
    thread = client.beta.threads.create()
    client.beta.threads.messages.create(thread.id, role="user", content="My name is Ada.")
    client.beta.threads.messages.create(thread.id, role="user", content="What is my name?")

    run = client.beta.threads.runs.create_and_poll(
        thread_id=thread.id, assistant_id=assistant.id, poll_interval_ms=POLL_MS
    )

    assert run.status == "completed"
    newest = client.beta.threads.messages.list(thread.id).data[0]
    assert newest.role == "assistant"
    assert "Ada" in newest.content[0].text.value
