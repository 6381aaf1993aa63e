"""What code for Azure AI Agents does when it streams, with azure-ai-agents of this environment.

Takes the API's root and a key as arguments; prints a JSON object of what it saw.
"""

import json
import sys
import time
from typing import Any

from azure.ai.agents import AgentsClient
from azure.ai.agents.models import AgentEventHandler
from azure.core.credentials import AccessToken
from azure.core.pipeline.policies import HeadersPolicy


class Key:
    """An API key in the form of a credential, which Azure's client sends as a bearer token."""

    def __init__(self, key: str) -> None:
        self._key = key

    def get_token(self, *_: str, **__: Any) -> AccessToken:
        return AccessToken(self._key, int(time.time()) + 3600)


class Handler(AgentEventHandler[str]):
    """Records what arrives."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: dict[str, Any] = {"text": "", "callbacks": [], "errors": []}

    def on_message_delta(self, delta: Any) -> None:
        self._called("on_message_delta")
        self.seen["text"] += delta.text

    def on_thread_message(self, message: Any) -> None:
        self._called("on_thread_message")

    def on_thread_run(self, run: Any) -> None:
        self._called("on_thread_run")
        self.seen["status"] = str(run.status.value)

    def on_run_step(self, step: Any) -> None:
        self._called("on_run_step")

    def on_error(self, data: str) -> None:
        self.seen["errors"].append(data)

    def on_done(self) -> None:
        self._called("on_done")

    def on_unhandled_event(self, event_type: str, event_data: str) -> None:
        self.seen["errors"].append(event_type)

    def _called(self, name: str) -> None:
        if name not in self.seen["callbacks"]:
            self.seen["callbacks"].append(name)


def main(base_url: str, key: str) -> None:
    policy = HeadersPolicy({"Authorization": f"Bearer {key}"})  # the other one requires TLS
    client = AgentsClient(base_url, Key(key), authentication_policy=policy)
    agent = client.create_agent(model="gpt-4o", name="Greeter", instructions="Be brief.")
    thread = client.threads.create()
    client.messages.create(thread_id=thread.id, role="user", content="My name is Ada. Hello!")
    with client.runs.stream(
        thread_id=thread.id, agent_id=agent.id, event_handler=Handler()
    ) as stream:
        stream.until_done()
        seen = stream.seen
    sys.stdout.write(json.dumps(seen))


if __name__ == "__main__":
    main(*sys.argv[1:])
