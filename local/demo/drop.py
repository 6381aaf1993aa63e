"""The demo's last scene: a file dropped into the bucket, an analysis and a chart on disk."""

import csv
import io
from pathlib import Path
from typing import Any

import urllib3

from local.demo.actor import Actor, DemoFailedError
from local.stack import ROOT, Stack

ANSWERS = ROOT / ".local" / "demo"
NAME = "revenue.csv"
MESSAGE = "Draw a bar chart of the revenue by month and say which month was best."
REVENUE = {"July": 21_500, "August": 24_250, "September": 30_125, "October": 28_400}
PATIENCE = {"Delay": 1, "MaxAttempts": 60}
"""Seconds between looks for the answer, and how many looks."""


def drop_a_file(stack: Stack, actor: Actor) -> list[Path]:
    """Drops a CSV as a data person would, and brings the answer to disk; gives its files."""
    assistant = actor.client.beta.assistants.create(
        model="gpt-4o",
        name="Chart maker",
        instructions="Analyse the file that you are given.",
        tools=[{"type": "code_interpreter"}],
    )
    bucket, storage = stack.deployment.outputs["BucketName"], stack.client("s3")
    place = f"{stack.options.tenant}/ada/sales/{NAME}"
    storage.put_object(
        Bucket=bucket,
        Key=f"drop/{place}",
        Body=_table().encode(),
        Metadata={"assistant-id": assistant.id, "message": MESSAGE},
    )
    actor.screen.note(f"put s3://{bucket}/drop/{place}")
    with actor.screen.busy("the file goes to the model"):
        waiter = storage.get_waiter("object_exists")
        waiter.wait(Bucket=bucket, Key=f"answers/{place}/answer.md", WaiterConfig=PATIENCE)
    return _brought_home(storage, bucket, f"answers/{place}/")


def send_by_form(actor: Actor) -> str:
    """Sends a file past the API's size limit as a client does: a form for the bucket; gives its id.

    Raises DemoFailedError if the file does not arrive.
    """
    content = _table().encode()
    described = {"filename": NAME, "purpose": "assistants", "mime_type": "text/csv"}
    promised: Any = actor.client.post(
        "/files/uploads", cast_to=object, body={**described, "bytes": len(content)}
    )
    form = {**promised["fields"], "file": (NAME, content, "text/csv")}
    answer = urllib3.request("POST", promised["url"], fields=form, retries=False)
    if answer.status >= 300:
        raise DemoFailedError(f"The bucket refused the form: HTTP {answer.status}")
    file = actor.client.files.wait_for_processing(
        promised["file"]["id"], poll_interval=0.2, max_wait_seconds=30
    )
    if file.status != "processed":
        raise DemoFailedError(f"The file that was sent by form is {file.status}")
    return file.id


def _table() -> str:
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(["month", "revenue"])
    rows.writerows(REVENUE.items())
    return text.getvalue()


def _brought_home(storage: Any, bucket: str, prefix: str) -> list[Path]:
    """Everything below the prefix, as files."""
    ANSWERS.mkdir(parents=True, exist_ok=True)
    files = []
    for found in storage.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", []):
        path = ANSWERS / Path(found["Key"]).name
        path.write_bytes(storage.get_object(Bucket=bucket, Key=found["Key"])["Body"].read())
        files.append(path)
    if not any(path.suffix == ".png" for path in files):
        raise DemoFailedError("The answer to the dropped file has no chart")
    return files
