"""Steps of `understudy smoke` that send, link or drop files, and their records."""

import io
from typing import Any
from urllib.parse import urlsplit

import boto3
import urllib3

from operate.smoke_round import Smoke, delete_if_there, expect

LARGE_BYTES = 5_000_000
"""A file that a function cannot respond with, so that its download is a link."""

CSV = b"month,revenue\n2026-01,10\n2026-02,30\n"


def upload(smoke: Smoke) -> str:
    file = smoke.client.files.create(
        file=(f"{smoke.mark}.csv", io.BytesIO(CSV)), purpose="assistants"
    )
    smoke.left.append(lambda: smoke.client.files.delete(file.id))
    expect(smoke.client.files.content(file.id).read() == CSV, "the content differs")
    return f"{len(CSV)} bytes"


def link(smoke: Smoke) -> str:
    """A form of the bucket takes a large file, and its download is a link of the bucket."""
    name, content = f"{smoke.mark}.txt", b"understudy smoke\n" * (LARGE_BYTES // 17)
    wanted = {
        "filename": name,
        "purpose": "assistants",
        "bytes": len(content),
        "mime_type": "text/plain",
    }
    form: Any = smoke.client.post("/files/uploads", cast_to=object, body=wanted)
    file_id = form["file"]["id"]
    smoke.left.append(lambda: smoke.client.files.delete(file_id))
    fields = {**form["fields"], "file": (name, content, "text/plain")}
    sent = urllib3.request("POST", form["url"], fields=fields, redirect=False)
    expect(sent.status in (200, 201, 204), f"the form's status is {sent.status}")
    ready = "processed", "error"
    smoke.wait_for(
        "the processed file", lambda: smoke.client.files.retrieve(file_id).status in ready
    )
    url = f"{str(smoke.client.base_url).rstrip('/')}/files/{file_id}/content"
    headers = {"authorization": f"Bearer {smoke.client.api_key}"}
    response = urllib3.request("GET", url, headers=headers, redirect=False)
    expect(response.status == 302, f"the download's status is {response.status}")
    target = response.headers["location"]
    found = urllib3.request("GET", target, redirect=False)
    expect(found.data == content, f"the link's status is {found.status}, {len(found.data)} bytes")
    return str(urlsplit(target).hostname)


def drop(smoke: Smoke) -> str:
    bucket, s3 = smoke.services.settings.bucket_name, boto3.client("s3")
    place = f"{smoke.tenant}/{smoke.mark}/reports/figures.csv"
    report = f"answers/{place}/answer.md"
    wishes = {"assistant-id": smoke.assistant(), "message": "Summarise the file."}
    dropped, answers = f"drop/{place}", f"answers/{smoke.tenant}/{smoke.mark}/"
    smoke.left.append(lambda: remove_objects(s3, bucket, dropped, answers))
    s3.put_object(Bucket=bucket, Key=dropped, Body=CSV, Metadata=wishes)

    def written() -> Any:
        return s3.list_objects_v2(Bucket=bucket, Prefix=report).get("KeyCount")

    smoke.wait_for(report, written)
    threads: Any = smoke.client.get(f"/users/{smoke.mark}/threads", cast_to=object)
    for each in threads["data"]:
        smoke.delete_thread_later(each["id"])
    return report


def remove_objects(s3: Any, bucket: str, *prefixes: str) -> None:
    """Deletes the objects below the prefixes; the bucket keeps versions for its own time."""
    for prefix in prefixes:
        for each in s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", []):
            s3.delete_object(Bucket=bucket, Key=each["Key"])


def transaction(smoke: Smoke) -> str:
    """Transactions on items with different leading keys: allowed by every function's policy."""
    made: Any = smoke.client.put(
        f"/users/{smoke.mark}/threads/transaction", cast_to=object, body={}
    )
    smoke.delete_thread_later(made["id"])
    file = smoke.client.files.create(
        file=(f"{smoke.mark}-t.csv", io.BytesIO(CSV)), purpose="assistants"
    )
    smoke.left.append(lambda: delete_if_there(lambda: smoke.client.files.delete(file.id)))
    smoke.client.beta.threads.messages.create(
        made["id"],
        role="user",
        content="Hello",
        attachments=[{"file_id": file.id, "tools": [{"type": "code_interpreter"}]}],
    )
    return "a thread with its user, a file with its use"
