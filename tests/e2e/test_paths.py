"""The API is the same below every prefix that clients use."""

from openai import OpenAI
from understudy.domain.budgets import Limits

from local.stack import Stack


def test_run_below_the_path_of_azure_version_one(stack: Stack, user: str) -> None:
    """Its clients have a `base_url` that ends in `/openai/v1`."""
    stack.add_key(f"us-{user}", user, limits=Limits(tenant_day_usd=1.0))
    with OpenAI(base_url=f"{stack.base_url}/openai/v1", api_key=f"us-{user}") as client:
        assistant = client.beta.assistants.create(model="gpt-4o")
        run = client.beta.threads.create_and_run_poll(
            assistant_id=assistant.id,
            thread={"messages": [{"role": "user", "content": "Say hello"}]},
        )

    assert run.status == "completed"
