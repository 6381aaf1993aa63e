"""Uploading a file that is larger than the function's memory."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from local.ledger import live_objects
from local.stack import REGION, Stack
from tests.limits import WAIT_SECONDS

MEGABYTE = 1024 * 1024
FILE_BYTES = 300 * MEGABYTE
ALLOWED_BYTES = 256 * MEGABYTE
ROOT = Path(__file__).resolve().parents[2]

PROGRAM = """
import json, sys
from pathlib import Path
from functions.upload_file.app import handler

class Context:
    aws_request_id = "req-memory"
    def get_remaining_time_in_millis(self):
        return 300_000

handler(json.load(sys.stdin), Context())
# Not getrusage: that counts the process before its exec, which is the test's own.
[peak] = [line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line]
print(int(peak.split()[1]) * 1024)
"""


def test_file_larger_than_the_functions_memory_is_uploaded(stack: Stack) -> None:
    """300 MB reach the provider through a process that never uses 256 MB."""
    bucket = stack.deployment.outputs["BucketName"]
    stack.events.s3.hold()
    with tempfile.TemporaryFile() as sparse:
        sparse.truncate(FILE_BYTES)
        stack.client("s3").put_object(Bucket=bucket, Key="drop/local/big/any/a.csv", Body=sparse)
    event = stack.events.s3.history()[-1].event
    stack.events.s3.release(lambda held: held[:0])
    secret = stack.deployment.physical_ids["OpenAIKey"]

    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=json.dumps(event),
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "AWS_ENDPOINT_URL": stack.aws.endpoint,
            "AWS_DEFAULT_REGION": REGION,
            "TABLE_NAME": stack.deployment.outputs["TableName"],
            "BUCKET_NAME": bucket,
            "OPENAI_SECRET_ARN": secret,
            "OPENAI_BASE_URL": stack.provider_url,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=WAIT_SECONDS,
    )

    assert ran.returncode == 0, ran.stderr[-2000:]
    [file] = live_objects(stack, "file").values()
    assert file["bytes"] == FILE_BYTES
    assert int(ran.stdout.splitlines()[-1]) < ALLOWED_BYTES
    stack.client("s3").delete_object(Bucket=bucket, Key="drop/local/big/any/a.csv")
