"""The demo's last scene: a file dropped into the bucket becomes an analysis with a chart."""

import csv
import io
from pathlib import Path
from typing import Any

import urllib3

from local.demo.actor import Actor, DemoFailedError
from local.stack import ROOT, Stack

REPORTS = ROOT / ".local" / "demo"
NAME = "revenue.csv"
MESSAGE = "Draw a bar chart of the revenue by month and say which month was best."
REVENUE = {"July": 21_500, "August": 24_250, "September": 30_125, "October": 28_400}
WAITER = {"Delay": 1, "MaxAttempts": 600}
"""Seconds between two checks for the report, and how many checks."""


def drop_a_file(stack: Stack, actor: Actor) -> list[Path]:
    """Drops a CSV into the bucket, downloads the report and returns its files."""
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
    with actor.screen.busy("the model analyses the file"):
        waiter = storage.get_waiter("object_exists")
        waiter.wait(Bucket=bucket, Key=f"answers/{place}/answer.md", WaiterConfig=WAITER)
    return _downloaded(storage, bucket, f"answers/{place}/")


def send_by_form(actor: Actor) -> str:
    """Uploads a file by a presigned form, past the API's size limit, and returns its id.

    Raises DemoFailedError if the upload fails.
    """
    content = _table().encode()
    described = {"filename": NAME, "purpose": "assistants", "mime_type": "text/csv"}
    upload: Any = actor.client.post(
        "/files/uploads", cast_to=object, body={**described, "bytes": len(content)}
    )
    form = {**upload["fields"], "file": (NAME, content, "text/csv")}
    response = urllib3.request("POST", upload["url"], fields=form, retries=False)
    if response.status >= 300:
        raise DemoFailedError(f"The bucket refused the form: HTTP {response.status}")
    file = actor.client.files.wait_for_processing(
        upload["file"]["id"], poll_interval=0.2, max_wait_seconds=30
    )
    if file.status != "processed":
        raise DemoFailedError(f"The uploaded file is {file.status}")
    return file.id


def _table() -> str:
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(["month", "revenue"])
    rows.writerows(REVENUE.items())
    return text.getvalue()


def _downloaded(storage: Any, bucket: str, prefix: str) -> list[Path]:
    """Downloads all objects below a prefix and returns their paths."""
    REPORTS.mkdir(parents=True, exist_ok=True)
    files = []
    for found in storage.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", []):
        path = REPORTS / Path(found["Key"]).name
        path.write_bytes(storage.get_object(Bucket=bucket, Key=found["Key"])["Body"].read())
        files.append(path)
    if not any(path.suffix == ".png" for path in files):
        raise DemoFailedError("The report on the dropped file has no chart")
    return files
