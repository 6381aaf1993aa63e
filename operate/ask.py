"""One question to a deployment, and its answer.

    python -m operate.ask "What is 6 times 7?"

`UNDERSTUDY_BASE_URL` and `UNDERSTUDY_API_KEY` say whom and as whom; without the first it is the
output of `--stack`. `make ask` sets them.
"""

import argparse
import os
import sys

import openai

from operate.deployment import outputs_of


class AskError(Exception):
    """There was no answer; the text says why."""


def ask(base_url: str, key: str, message: str, model: str) -> str:
    """The answer's text. Raises AskError for a run that did not complete, and OpenAIError."""
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
    return "\n".join(part.text.value for part in newest.content if part.type == "text")


def main(arguments: list[str]) -> int:
    """0, or 1 with the reason on stderr."""
    parser = argparse.ArgumentParser(prog="python -m operate.ask")
    parser.add_argument("message")
    parser.add_argument("--model", default="gpt-4o")
    parser.add_argument("--stack", default="understudy", help="name of the CloudFormation stack")
    given = parser.parse_args(arguments)
    key = os.environ.get("UNDERSTUDY_API_KEY", "")
    try:
        if not key:
            raise AskError("UNDERSTUDY_API_KEY is not set; make api-key TENANT=… makes one.")
        base_url = os.environ.get("UNDERSTUDY_BASE_URL") or outputs_of(given.stack)["BaseUrl"]
        print(ask(base_url, key, given.message, given.model))
    except (AskError, openai.OpenAIError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
