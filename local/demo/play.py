"""The demo's scenes."""

import json
import time
from collections.abc import Callable
from datetime import date

from openai import OpenAI
from understudy.tools.registry import local_tools

from local.demo.actor import Actor, DemoFailedError
from local.demo.drop import drop_a_file, send_by_form
from local.demo.screen import Screen
from local.demo.script import script_model
from local.stack import ROOT, Stack

SCENES = 5
SCRIPTED = (
    "The model is scripted: what it says is in local/demo/script.py. Everything else is real. "
    "make demo PROVIDER=openai asks a real model."
)
MODEL = "gpt-4o"
"""A model that existing code names; the deployment's aliases map it to a current one."""

INSTRUCTIONS = (
    "You are a data analyst. Answer from the database only: read the schema of the tables you "
    "need, query them, and name the numbers. Today is {today}."
)
SAMPLE_TODAY = date(2026, 10, 15)
"""The day after the sample data ends, so that the last quarter is complete."""

BOOK_MEETING = {
    "type": "function",
    "function": {
        "name": "book_meeting",
        "description": "Books a meeting in the user's own calendar.",
        "parameters": {
            "type": "object",
            "properties": {
                "person": {"type": "string", "description": "Who to meet."},
                "day": {"type": "string", "description": "The day of the week."},
                "time": {"type": "string", "description": "When it begins."},
            },
            "required": ["person", "day", "time"],
        },
    },
}


def play(stack: Stack, screen: Screen, after_first: Callable[[], None]) -> None:
    """Plays all scenes, and calls `after_first` after the first one.

    Raises DemoFailedError if a scene has an unexpected result.
    """
    with OpenAI(base_url=stack.base_url, api_key=stack.api_key, max_retries=0) as client:
        actor = Actor(client, screen, _calendar)
        stack.aws.on_history = actor.on_history
        if stack.provider is not None:
            script_model(stack.provider.control)
            screen.note(SCRIPTED)
        tools = [*local_tools().definitions(), BOOK_MEETING]
        assistant = client.beta.assistants.create(
            model=MODEL,
            name="Data Analyst",
            instructions=INSTRUCTIONS.format(today=SAMPLE_TODAY.isoformat()),
            tools=tools,  # type: ignore[arg-type]
        )
        screen.scene(1, SCENES, "A question that needs the database")
        thread = actor.thread_of("ada", "analysis", max_age_hours=24)
        screen.note(f"thread {thread.id} of user ada for analysis")
        _expect(
            actor.ask(
                thread.id,
                assistant.id,
                "Which region sold most last quarter, and which three products drove it?",
            )
        )
        after_first()
        screen.scene(2, SCENES, "A follow-up question in the same thread")
        again = actor.thread_of("ada", "analysis", max_age_hours=24)
        if again.id != thread.id:
            raise DemoFailedError("get-or-create created a second thread")
        screen.note("the same thread again")
        _expect(actor.ask(thread.id, assistant.id, "And the quarter before?"))

        screen.scene(3, SCENES, "A function that only the client has")
        _expect(actor.ask(thread.id, assistant.id, "Book a meeting with Grace on Friday at 10:00."))
        screen.scene(4, SCENES, "A run that is cancelled while the model works")
        _cancelled(actor, thread.id, assistant.id)
        screen.scene(5, SCENES, "A file dropped into the bucket")
        for path in drop_a_file(stack, actor):
            if path.suffix == ".md":
                screen.answered(path.read_text())
            screen.note(f"on disk: {path.relative_to(ROOT)}")
        with screen.busy("uploading by presigned form, for files too large for a request"):
            file_id = send_by_form(actor)
        screen.note(f"{file_id} was uploaded by a presigned form, which takes up to 512 MB")


def _cancelled(actor: Actor, thread_id: str, assistant_id: str) -> None:
    started = time.monotonic()
    question = "Write a long report, ten pages, on everything that was sold since the beginning."
    run = actor.start(thread_id, assistant_id, question)
    runs = actor.client.beta.threads.runs
    with actor.screen.busy("the run is in progress"):
        while runs.retrieve(run.id, thread_id=thread_id).status == "queued":
            pass  # each request takes long enough to be the wait
        actor.screen.note("the client cancels the run")
        run = actor.poll(runs.cancel(run.id, thread_id=thread_id))
    if run.status != "cancelled":
        raise DemoFailedError(f"The cancelled run ended as {run.status}")
    actor.screen.usage(run, time.monotonic() - started)
    actor.client.beta.threads.messages.create(thread_id, role="user", content="Thank you.")
    actor.screen.note("the thread accepts the next message at once")


def _calendar(name: str, arguments: str) -> str:
    """The client's implementation of the function; in a real application, its own code."""
    return json.dumps({"booked": True, "function": name, **json.loads(arguments)})


def _expect(answer: str) -> None:
    if not answer.strip():
        raise DemoFailedError("The answer is empty")
