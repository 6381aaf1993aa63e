"""Runs in the console: the playground, live timelines, client tools, uploads and failures."""

import json
from typing import Any

from openai import OpenAI
from playwright.sync_api import Page, Route, expect

from local.provider.control import ControlClient
from tests.browser.chromium import violations
from tests.limits import WAIT_SECONDS

MEETING = {
    "type": "function",
    "function": {
        "name": "book_meeting",
        "parameters": {"type": "object", "properties": {"person": {"type": "string"}}},
    },
}

expect.set_options(timeout=WAIT_SECONDS * 1000)


def assistant_of(client: OpenAI, name: str, *tools: object) -> str:
    made = client.beta.assistants.create(model="gpt-4o", name=name, tools=list(tools))  # type: ignore[arg-type]
    return made.id


def sent_to(control: ControlClient) -> list[Any]:
    """Returns the bodies of the requests to the model."""
    sent = control.requests(method="POST", path="/v1/responses")
    return [json.loads(each["body"]) for each in sent]


def choose(console: Page, name: str) -> None:
    """Opens the playground with an assistant."""
    console.get_by_role("link", name="Playground").click()
    console.get_by_label("Assistant").select_option(label=name)


def say(console: Page, text: str) -> None:
    console.get_by_label("Message").fill(text)
    console.keyboard.press("Enter")


def test_assistant_is_created_and_answers(console: Page, control: ControlClient) -> None:
    """The page of a new assistant, a message, and the answer."""
    control.script_answer(text="Good morning.")
    console.get_by_role("link", name="Playground").click()
    name = console.get_by_label("Name", exact=True)
    new = console.get_by_role("button", name="New assistant")
    name.or_(new).wait_for()  # the form is open where there is no assistant yet
    if new.count():
        new.click()
    name.fill("Made in the console")
    console.get_by_role("button", name="Create").click()
    expect(console.get_by_label("Assistant")).not_to_have_value("")

    say(console, "Hello")

    expect(console.locator(".message.assistant")).to_contain_text("Good morning.")
    expect(console.locator(".run-line .status")).to_have_text("completed")
    assert violations(console) == []


def test_client_tool_is_answered_by_hand(
    console: Page, client: OpenAI, control: ControlClient
) -> None:
    """The call appears with its arguments; the output reaches the model."""
    control.script_answer(calls=[{"name": "book_meeting", "arguments": {"person": "Grace"}}])
    control.script_answer(text="It is booked.")
    assistant_of(client, "Booker", MEETING)
    choose(console, "Booker")
    say(console, "Book it")

    form = console.locator("form", has_text="The run waits for these outputs")
    expect(form).to_contain_text("Grace")
    form.get_by_placeholder("Output").fill("booked for nine")
    form.get_by_role("button", name="Submit the outputs").click()

    expect(console.locator(".message.assistant")).to_contain_text("It is booked.")
    sent = [
        json.loads(each["body"]) for each in control.requests(method="POST", path="/v1/responses")
    ]
    assert "booked for nine" in json.dumps(sent[-1]["input"])


def test_file_is_uploaded_with_a_message(console: Page, client: OpenAI) -> None:
    """A table is for code interpreter."""
    assistant_of(client, "Charts", {"type": "code_interpreter"})
    choose(console, "Charts")
    table = {"name": "sales.csv", "mimeType": "text/csv", "buffer": b"month,revenue\n1,10\n2,30\n"}
    console.locator("input[type=file]").set_input_files([table])
    say(console, "Draw a bar chart of the revenue by month.")

    expect(console.locator(".message.assistant figure img")).to_be_visible()
    expect(console.locator(".message.user").get_by_text("Attachment")).to_be_visible()


def test_run_is_followed_live_and_cancelled(
    console: Page, client: OpenAI, control: ControlClient
) -> None:
    """An open run says who it waits for; its timeline changes when the run ends."""
    control.script_answer(never_ends=True)
    assistant = assistant_of(client, "Slow")
    run = client.beta.threads.create_and_run(
        assistant_id=assistant, thread={"messages": [{"role": "user", "content": "Think"}]}
    )
    console.goto(console.url.partition("#")[0] + f"#/threads/{run.thread_id}/runs/{run.id}")

    expect(console.get_by_text("Waits for the model")).to_be_visible()
    expect(console.locator(".event", has_text="Model round 1").locator(".status")).to_have_text(
        "in progress"
    )
    console.get_by_role("button", name="Cancel the run").click()

    expect(console.locator(".facts .status")).to_have_text("cancelled")
    expect(console.get_by_text("A client cancelled the run")).to_be_visible()
    assert violations(console) == []


def test_outage_of_the_provider_is_explained(
    console: Page, client: OpenAI, control: ControlClient
) -> None:
    """The run fails after its retries, and the timeline says what that means."""
    control.script_fault(status=503, match={"path": "/v1/responses"}, times=None)
    assistant_of(client, "Offline")
    choose(console, "Offline")
    say(console, "Hello")

    expect(console.locator(".run-line .status")).to_have_text("failed")
    console.get_by_role("link", name="Timeline").click()

    expect(console.get_by_text("The same request may succeed later.")).to_be_visible()


def test_model_of_one_run_is_switched(
    console: Page, client: OpenAI, control: ControlClient
) -> None:
    control.script_answer(text="Done.")
    assistant_of(client, "Switched")
    choose(console, "Switched")
    console.get_by_label("Model").fill("gpt-6-sol")
    say(console, "Hello")

    expect(console.locator(".message.assistant")).to_contain_text("Done.")
    [sent] = [
        json.loads(each["body"]) for each in control.requests(method="POST", path="/v1/responses")
    ]
    assert sent["model"] == "gpt-6-sol"


def test_streamed_text_is_shown_before_the_message_is_complete(
    console: Page, client: OpenAI
) -> None:
    """The events are OpenAI's; their server is replaced, because it sends a stream at once."""
    assistant_of(client, "Streamer")
    choose(console, "Streamer")
    events = [
        ("thread.run.created", {"id": "run_1", "thread_id": "thread_1", "status": "queued"}),
        (
            "thread.message.delta",
            {"id": "msg_1", "delta": {"content": [{"text": {"value": "The "}}]}},
        ),
        (
            "thread.message.delta",
            {"id": "msg_1", "delta": {"content": [{"text": {"value": "heron"}}]}},
        ),
    ]
    body = "".join(f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in events)
    sent: list[object] = []

    def stream(route: Route) -> None:
        sent.append(route.request.post_data_json)
        route.fulfill(status=200, content_type="text/event-stream", body=body + "data: [DONE]\n\n")

    console.route("**/v1/threads/*/runs", stream)
    say(console, "Tell me")

    expect(console.locator(".message.draft")).to_have_text("The heron")
    assert sent[0]["stream"] is True  # type: ignore[index]
