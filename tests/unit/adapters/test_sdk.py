"""OpenAI's SDK as the functions import it. Each test runs in its own interpreter."""

import subprocess
import sys

import pytest

SDK = "from understudy.adapters.openai.sdk import openai\n"
CLIENT = SDK + "client = openai.OpenAI(api_key='k', base_url='http://127.0.0.1:9', max_retries=0)\n"


def printed(code: str) -> str:
    """Returns what the code prints in a new interpreter."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_request_imports_no_object_classes() -> None:
    """They are more than half of the SDK's import time."""
    code = f"""{CLIENT}
try:
    client.post("/responses", cast_to=object, body={{}})
except openai.APIConnectionError:
    import sys
    print(sum(name.startswith("openai.types.") for name in sys.modules))
"""

    assert int(printed(code)) < 150


@pytest.mark.parametrize(
    "wanted",
    [
        "client.responses.create",
        "client.beta.threads.runs.create_and_poll",
        "client.containers.files.content.retrieve",
        "client.vector_stores.file_batches.create",
        "client.chat.completions.create",
        "openai.types.Completion",
        "openai.types.responses.Response",
        "__import__('openai.types.responses', fromlist=['Response']).Response",
        "__import__('openai.types.beta', fromlist=['Assistant']).Assistant",
    ],
)
def test_attributes_are_imported_on_first_use(wanted: str) -> None:
    """They are the SDK's own resources and classes."""
    assert printed(f"{CLIENT}print(callable({wanted}))") == "True"


@pytest.mark.parametrize("module", ["openai.types", "openai.types.responses"])
def test_unknown_attribute_raises_attribute_error(module: str) -> None:
    """With the usual message of a module."""
    code = f"""{SDK}
import {module}
try:
    {module}.Nonesuch
except AttributeError as error:
    print(error)
"""

    assert printed(code) == f"module '{module}' has no attribute 'Nonesuch'"


def test_concurrent_first_uses_import_once() -> None:
    """All threads get the attribute."""
    code = f"""{SDK}
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(8) as pool:
    print(len(set(pool.map(lambda _: openai.types.responses.Response, range(64)))))
"""

    assert printed(code) == "1"
