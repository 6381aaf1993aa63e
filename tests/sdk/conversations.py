"""Assistants, threads, messages, runs and run steps, as the SDK calls them."""

from typing import Any

from openai import NotFoundError
from openai.types.beta import threads

from tests.sdk.exercise import Exercise

POLL_MS = 50
ASK_WEATHER = "What is the weather in Oslo?"
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}


class Conversations(Exercise):
    """What an operation gives is used by those after it."""

    def run(self) -> None:
        assistant = self.assistants()
        thread = self.threads()
        self.messages(thread.id)
        self.plain_run(thread.id, assistant.id)
        self.run_with_a_tool(thread.id, assistant.id)
        self.cancelled_run(assistant.id)
        self.models()
        self.deletes(thread.id, assistant.id)

    def assistants(self) -> Any:
        api = self.client.beta.assistants
        made = self.call(
            "createAssistant",
            lambda: api.create(
                model="gpt-4o",
                name="Math tutor",
                instructions="Be brief.",
                tools=[{"type": "code_interpreter"}, {"type": "file_search"}, WEATHER],
                metadata={"team": "blue"},
            ),
        )
        assert made.model == "gpt-4o"
        self.call("getAssistant", lambda: api.retrieve(made.id))
        changed = self.call(
            "modifyAssistant", lambda: api.update(made.id, name="Tutor", tools=[WEATHER])
        )
        assert changed.name == "Tutor"
        assert changed.instructions == "Be brief."
        listed = self.call("listAssistants", lambda: list(api.list(limit=1)))
        assert made.id in [each.id for each in listed]
        return changed

    def threads(self) -> Any:
        api = self.client.beta.threads
        first = {"role": "user", "content": "My name is Ada."}
        made = self.call("createThread", lambda: api.create(messages=[first], metadata={"a": "1"}))
        self.call("getThread", lambda: api.retrieve(made.id))
        changed = self.call("modifyThread", lambda: api.update(made.id, metadata={"b": "2"}))
        assert changed.metadata == {"b": "2"}
        return made

    def messages(self, thread_id: str) -> None:
        api = self.client.beta.threads.messages
        parts: list[Any] = [{"type": "text", "text": "What is in the picture?"}]
        if hasattr(threads, "ImageURLContentBlock"):  # SDKs up to 1.26 do not know it
            image = {"url": "https://example.com/a.png"}
            parts.append({"type": "image_url", "image_url": image})
        made = self.call("createMessage", lambda: api.create(thread_id, role="user", content=parts))
        self.call("getMessage", lambda: api.retrieve(made.id, thread_id=thread_id))
        changed = self.call(
            "modifyMessage",
            lambda: api.update(made.id, thread_id=thread_id, metadata={"seen": "yes"}),
        )
        assert changed.metadata == {"seen": "yes"}
        listed = self.call("listMessages", lambda: list(api.list(thread_id, limit=1)))
        assert len(listed) == 2
        assert listed[0].id == made.id
        gone = self.call("deleteMessage", lambda: api.delete(made.id, thread_id=thread_id))
        assert gone.deleted

    def plain_run(self, thread_id: str, assistant_id: str) -> None:
        api = self.client.beta.threads.runs
        asked = [{"role": "user", "content": "What is my name?"}]
        run = self.call(
            "createRun",
            lambda: api.create(
                thread_id, assistant_id=assistant_id, additional_messages=asked, tools=[]
            ),
        )
        assert run.status == "queued"
        run = self.call(
            "getRun", lambda: api.poll(run.id, thread_id=thread_id, poll_interval_ms=POLL_MS)
        )
        assert run.status == "completed", run.last_error
        assert run.usage.total_tokens > 0
        changed = self.call(
            "modifyRun", lambda: api.update(run.id, thread_id=thread_id, metadata={"x": "y"})
        )
        assert changed.metadata == {"x": "y"}
        listed = self.call("listRuns", lambda: list(api.list(thread_id)))
        assert [each.id for each in listed] == [run.id]
        [answer] = self.client.beta.threads.messages.list(thread_id, limit=1).data
        assert answer.run_id == run.id
        assert "Ada" in answer.content[0].text.value

    def run_with_a_tool(self, thread_id: str, assistant_id: str) -> None:
        api = self.client.beta.threads.runs
        asked = [{"role": "user", "content": ASK_WEATHER}]
        run = api.create_and_poll(
            thread_id=thread_id,
            assistant_id=assistant_id,
            additional_messages=asked,
            poll_interval_ms=POLL_MS,
        )
        assert run.status == "requires_action", run.status
        calls = run.required_action.submit_tool_outputs.tool_calls
        outputs = [{"tool_call_id": call.id, "output": "4 degrees, rain"} for call in calls]
        run = self.call(
            "submitToolOuputsToRun",
            lambda: api.submit_tool_outputs(run.id, thread_id=thread_id, tool_outputs=outputs),
        )
        assert run.status == "queued"
        assert run.required_action is None
        run = api.poll(run.id, thread_id=thread_id, poll_interval_ms=POLL_MS)
        assert run.status == "completed", run.last_error
        steps = self.call("listRunSteps", lambda: list(api.steps.list(run.id, thread_id=thread_id)))
        assert [step.type for step in steps] == ["message_creation", "tool_calls"]
        step = self.call(
            "getRunStep",
            lambda: api.steps.retrieve(steps[1].id, run_id=run.id, thread_id=thread_id),
        )
        assert step.step_details.tool_calls[0].function.output == "4 degrees, rain"

    def cancelled_run(self, assistant_id: str) -> None:
        asked = {"messages": [{"role": "user", "content": ASK_WEATHER}]}
        run = self.call(
            "createThreadAndRun",
            lambda: self.client.beta.threads.create_and_run(
                assistant_id=assistant_id, thread=asked
            ),
        )
        api, thread_id = self.client.beta.threads.runs, run.thread_id
        api.poll(run.id, thread_id=thread_id, poll_interval_ms=POLL_MS)
        run = self.call("cancelRun", lambda: api.cancel(run.id, thread_id=thread_id))
        assert run.status == "cancelling"
        run = api.poll(run.id, thread_id=thread_id, poll_interval_ms=POLL_MS)
        assert run.status == "cancelled"

    def models(self) -> None:
        listed = self.call("listModels", lambda: list(self.client.models.list()))
        assert listed
        model = self.call("retrieveModel", lambda: self.client.models.retrieve("gpt-4o"))
        assert model.id == "gpt-4o"

    def deletes(self, thread_id: str, assistant_id: str) -> None:
        beta = self.client.beta
        assert self.call("deleteThread", lambda: beta.threads.delete(thread_id)).deleted
        assert self.call("deleteAssistant", lambda: beta.assistants.delete(assistant_id)).deleted
        try:
            beta.threads.retrieve(thread_id)
        except NotFoundError as error:
            text = error.body["message"]
        else:
            text = "it is still there"
        assert text == f"No thread found with id '{thread_id}'."
