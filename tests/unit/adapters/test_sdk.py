"""OpenAI's SDK as our functions import it. Each test has an interpreter of its own."""

import subprocess
import sys

import pytest

SDK = "from understudy.adapters.openai.sdk import openai\n"
CLIENT = SDK + "client = openai.OpenAI(api_key='k', base_url='http://127.0.0.1:9', max_retries=0)\n"


def printed(code: str) -> str:
    """What the code prints in a fresh interpreter."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_request_makes_no_classes_of_objects() -> None:
    """They are more than half of the SDK's import."""
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
def test_what_is_asked_for_is_there(wanted: str) -> None:
    """A resource or a class is what it is in the SDK."""
    assert printed(f"{CLIENT}print(callable({wanted}))") == "True"


@pytest.mark.parametrize("module", ["openai.types", "openai.types.responses"])
def test_what_is_not_there_is_missed_as_ever(module: str) -> None:
    """AttributeError, with the words of a module."""
    code = f"""{SDK}
import {module}
try:
    {module}.Nonesuch
except AttributeError as error:
    print(error)
"""

    assert printed(code) == f"module '{module}' has no attribute 'Nonesuch'"


def test_many_threads_may_ask_first() -> None:
    """The package is loaded once, and all of them get what they asked for."""
    code = f"""{SDK}
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(8) as pool:
    print(len(set(pool.map(lambda _: openai.types.responses.Response, range(64)))))
"""

    assert printed(code) == "1"
