"""`understudy ask`: asks a deployment one question and prints the answer.

    understudy ask "What is 6 times 7?"

The API key is `UNDERSTUDY_API_KEY` from the environment, else the one that
`understudy api-key create --save` saved; `make local` has its own.
"""

import os
import warnings

import click
import openai

from operate.deployment import Deployment, Result, on_deployment
from operate.failures import CommandError


class AskError(CommandError):
    """There is no answer; the text says why."""


def ask(base_url: str, key: str, message: str, model: str) -> Result:
    """Returns the answer. Raises AskError for a run that did not complete, and OpenAIError."""
    warnings.filterwarnings("ignore", "The Assistants API is deprecated", DeprecationWarning)
    with openai.OpenAI(base_url=base_url, api_key=key) as client:
        assistant = client.beta.assistants.create(model=model)
        try:
            run = client.beta.threads.create_and_run_poll(
                assistant_id=assistant.id,
                thread={"messages": [{"role": "user", "content": message}]},
            )
            if run.status != "completed":
                reason = run.last_error.message if run.last_error else "no reason given"
                raise AskError(f"The run is {run.status}: {reason}")
            [newest] = client.beta.threads.messages.list(run.thread_id, limit=1).data
        finally:
            client.beta.assistants.delete(assistant.id)
    text = "\n".join(part.text.value for part in newest.content if part.type == "text")
    return Result(text, {"answer": text, "thread_id": run.thread_id, "run_id": run.id})


@click.command()
@click.argument("message")
@click.option("--model", default="gpt-4o", show_default=True)
@on_deployment
def command(deployment: Deployment, message: str, model: str) -> Result:
    """Ask one question and print the answer."""
    key = deployment.local_key or os.environ.get("UNDERSTUDY_API_KEY") or deployment.saved_key()
    if not key:
        raise AskError(
            "There is no API key. Create one with understudy api-key create TENANT --save, "
            "or set UNDERSTUDY_API_KEY."
        )
    return ask(deployment.output("BaseUrl"), key, message, model)
