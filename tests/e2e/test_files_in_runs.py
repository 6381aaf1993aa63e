"""Files that runs read, and files that runs generate."""

import pytest
from openai import NotFoundError, OpenAI

from local.ledger import assert_nothing_ownerless, live_objects
from local.stack import Stack
from tests.e2e.bucket import Bucket
from tests.limits import WAIT_SECONDS

POLL_MS = 50
CSV = b"month,revenue\n2026-01,10\n2026-02,30\n2026-03,20\n"
PNG = b"\x89PNG\r\n\x1a\n"
IDLE_MINUTES = 21


def ask(client: OpenAI, thread_id: str, assistant_id: str, text: str, **message: object) -> object:
    """Adds a message, runs it to its end, and returns the newest message."""
    client.beta.threads.messages.create(thread_id, role="user", content=text, **message)
    run = client.beta.threads.runs.create_and_poll(
        thread_id=thread_id, assistant_id=assistant_id, poll_interval_ms=POLL_MS
    )
    assert run.status == "completed", run.last_error
    return client.beta.threads.messages.list(thread_id).data[0]


def image_of(message: object) -> str:
    """Returns the id of the image in a message."""
    return next(p.image_file.file_id for p in message.content if p.type == "image_file")


@pytest.fixture
def analyst(client: OpenAI) -> str:
    """Creates an assistant with code interpreter."""
    return client.beta.assistants.create(
        model="gpt-4o", tools=[{"type": "code_interpreter"}], instructions="Analyse data."
    ).id


def attached(file_id: str, tool: str) -> list[dict[str, object]]:
    """Returns the file as the attachment of a message."""
    return [{"file_id": file_id, "tools": [{"type": tool}]}]


def made_by_models(client: OpenAI) -> set[str]:
    """Returns the ids of all files that code interpreter generated."""
    return {file.id for file in client.files.list(purpose="assistants_output")}


def test_chart_is_served_before_and_after_its_container_expires(
    stack: Stack, client: OpenAI, analyst: str
) -> None:
    """The image has one file id, first served from the container and then from the archive."""
    file = client.files.create(file=("sales.csv", CSV), purpose="assistants")
    thread = client.beta.threads.create()
    stack.events.s3.hold()
    answer = ask(
        client,
        thread.id,
        analyst,
        "Draw a chart.",
        attachments=attached(file.id, "code_interpreter"),
    )
    image = image_of(answer)
    early = client.files.content(image).read()

    Bucket(stack).wait_for(f"manifests/{answer.run_id}.json")
    stack.events.s3.release(lambda held: held * 2)
    stack.events.drain(WAIT_SECONDS)
    stack.provider.control.advance_clock(IDLE_MINUTES * 60)

    assert early.startswith(PNG)
    assert client.files.content(image).read() == early
    made = client.files.retrieve(image)
    assert (made.bytes, made.purpose, made.status) == (len(early), "assistants_output", "processed")
    stored = stack.client("s3").list_objects_v2(
        Bucket=stack.deployment.outputs["BucketName"], Prefix="images/"
    )
    assert len([each for each in stored["Contents"] if each["Key"].endswith(image)]) == 1


def test_chart_that_no_message_mentions_is_archived(
    stack: Stack, client: OpenAI, analyst: str
) -> None:
    """It is listed after its container has expired, and is deleted with its thread."""
    file = client.files.create(file=("sales.csv", CSV), purpose="assistants")
    thread = client.beta.threads.create()
    before = made_by_models(client)
    text = "Draw a chart, without mentioning it."
    cited = attached(file.id, "code_interpreter")
    answer = ask(client, thread.id, analyst, text, attachments=cited)
    Bucket(stack).wait_for(f"manifests/{answer.run_id}.json")
    stack.events.drain(WAIT_SECONDS)
    stack.provider.control.advance_clock(IDLE_MINUTES * 60)

    assert [part.type for part in answer.content] == ["text"]
    assert answer.content[0].text.annotations == []
    [made] = made_by_models(client) - before
    assert client.files.content(made).read().startswith(PNG)

    client.beta.threads.delete(thread.id)
    stack.events.drain(WAIT_SECONDS)
    with pytest.raises(NotFoundError):
        client.files.retrieve(made)


def test_runs_share_a_container_and_replace_it_when_it_has_expired(
    stack: Stack, client: OpenAI, analyst: str
) -> None:
    """Two runs share a container. After 20 idle minutes a third gets the files in a new one."""
    thread = client.beta.threads.create()
    first = client.files.create(file=("sales.csv", CSV), purpose="assistants")
    second = client.files.create(
        file=("costs.csv", b"month,costs\n1,5\n2,7\n"), purpose="assistants"
    )
    given = attached(first.id, "code_interpreter")
    ask(client, thread.id, analyst, "Summarise the data.", attachments=given)
    [container] = live_objects(stack, "container")
    added = attached(second.id, "code_interpreter")
    ask(client, thread.id, analyst, "Summarise this data too.", attachments=added)
    assert list(live_objects(stack, "container")) == [container]
    names = {each["name"] for each in live_objects(stack, "container.file").values()}
    assert names == {"sales.csv", "costs.csv"}

    stack.provider.control.advance_clock(IDLE_MINUTES * 60)
    ask(client, thread.id, analyst, "Draw a chart of the data.")

    [newer] = live_objects(stack, "container")
    assert newer != container
    names = {each["name"] for each in live_objects(stack, "container.file").values()}
    assert {"sales.csv", "costs.csv"} < names


def test_attached_document_is_searched_and_cited_by_our_file_id(
    stack: Stack, client: OpenAI
) -> None:
    """The thread gets a vector store that expires. The answer cites our file id."""
    assistant = client.beta.assistants.create(model="gpt-4o", tools=[{"type": "file_search"}])
    file = client.files.create(
        file=("Heron.MD", b"The heron of the north pond nests in March."), purpose="assistants"
    )
    thread = client.beta.threads.create()

    answer = ask(
        client,
        thread.id,
        assistant.id,
        "According to the file, when does the heron nest?",
        attachments=attached(file.id, "file_search"),
    )

    text = answer.content[0].text
    assert "March" in text.value
    assert [a.file_citation.file_id for a in text.annotations] == [file.id]
    [store_id] = client.beta.threads.retrieve(thread.id).tool_resources.file_search.vector_store_ids
    assert client.vector_stores.retrieve(store_id).expires_after.days == 7


@pytest.mark.parametrize("shared", [False, True])
def test_deleting_a_thread_deletes_its_objects_at_the_provider(
    stack: Stack, client: OpenAI, analyst: str, shared: bool
) -> None:
    """A file that another thread uses stays."""
    file = client.files.create(file=("sales.csv", CSV), purpose="assistants")
    both = [{"file_id": file.id, "tools": [{"type": "code_interpreter"}, {"type": "file_search"}]}]
    thread = client.beta.threads.create()
    answer = ask(client, thread.id, analyst, "Draw a chart.", attachments=both)
    image = image_of(answer)
    if shared:
        client.beta.threads.create(
            messages=[{"role": "user", "content": "Keep it.", "attachments": both}]
        )
    stack.events.drain(WAIT_SECONDS)

    client.beta.threads.delete(thread.id)
    stack.events.drain(WAIT_SECONDS)

    for kind in ("container", "container.file", "vector_store", "response"):
        assert live_objects(stack, kind) == {}, kind
    assert len(live_objects(stack, "file")) == (1 if shared else 0)
    assert_nothing_ownerless(stack)
    with pytest.raises(NotFoundError):
        client.files.content(image)
    bucket = stack.deployment.outputs["BucketName"]
    keys = stack.client("s3").list_objects_v2(Bucket=bucket).get("Contents", [])
    assert not [each["Key"] for each in keys if thread.id in each["Key"]]
    assert not list(stack.table().query(f"thread#local#{thread.id}"))
    assert not list(stack.table().query(f"uses#local#{thread.id}"))
