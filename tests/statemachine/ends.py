"""Ends a run that waits for its client, and counts how often it was counted."""

from typing import Any

from openai import OpenAI
from openai.types.beta.threads import Run
from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.table import Write

from local.stack import Stack

TENANT = "limited"
"""The tenant of the fixture `tenant`."""


def large(word: str) -> str:
    """Returns more text than an item of the table can have."""
    return f"{word} " * (130_000 // (len(word) + 1))


def cancelled(stack: Stack, client: OpenAI, run: Run) -> None:
    """Cancels the run as its client."""
    del stack
    client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)


def stopped(stack: Stack, client: OpenAI, run: Run) -> None:
    """Aborts the run's execution, so that CloseRun ends the run."""
    del client
    machine: str = stack.deployment.outputs["StateMachineArn"]
    arn = f"{machine.replace(':stateMachine:', ':execution:')}:{run.id}"
    stack.client("stepfunctions").stop_execution(executionArn=arn)


def swept(stack: Stack, client: OpenAI, run: Run) -> None:
    """Makes the sweep find the run long after its deadline."""
    assert run.status == "queued"
    put_past_its_deadline(stack, run)
    stack.aws.invoke("SweepRunsFunction", b"{}")
    stopped(stack, client, run)


def put_past_its_deadline(stack: Stack, run: Run) -> None:
    """Moves the run's deadline and sweep into the past."""
    key = keys.run(TENANT, run.thread_id, run.id)
    past = {"deadline": 1, "sweep_at": 1}
    stack.table().write(Write(key=key, assign=past, condition="attribute_exists(sweep_at)"))


def runs_counted(client: OpenAI) -> int:
    """Returns the number of runs in the tenant's ledger."""
    usage: Any = client.get("/usage", cast_to=object)
    return int(usage["total"]["runs"])
