"""OpenAI's SDK as the functions import it. Each test runs in its own process."""

import ast
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

SDK = "from understudy.adapters.openai.sdk import openai\n"
CLIENT = SDK + "client = openai.OpenAI(api_key='k', base_url='http://127.0.0.1:9', max_retries=0)\n"


FORKS = """
import os, sys
for line in sys.stdin:
    code = eval(line)
    read, write = os.pipe()
    if os.fork() == 0:
        os.dup2(write, 1)
        os.dup2(write, 2)
        exec(code, {})
        sys.stdout.flush()
        os._exit(0)
    os.close(write)
    with open(read) as output:
        print(repr((output.read().strip(), os.wait()[1])), flush=True)
"""
"""Runs each line of its input in a fork, so that a test does not see what others imported."""


@pytest.fixture(scope="module")
def interpreter() -> Iterator[subprocess.Popen[str]]:
    """A new interpreter that has imported the SDK as the functions do, and made a client."""
    started = subprocess.Popen(
        [sys.executable, "-c", CLIENT + FORKS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with started:
        yield started


@pytest.fixture
def printed(interpreter: subprocess.Popen[str]) -> Callable[[str], str]:
    """Returns a function that runs code in a fork of the interpreter and returns its output."""
    assert interpreter.stdin is not None
    assert interpreter.stdout is not None
    given, answered = interpreter.stdin, interpreter.stdout

    def output_of(code: str) -> str:
        given.write(repr(code) + "\n")
        given.flush()
        output, status = ast.literal_eval(answered.readline())
        assert status == 0, output
        return str(output)

    return output_of


def test_request_imports_no_object_classes(printed: Callable[[str], str]) -> None:
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
def test_attributes_are_imported_on_first_use(wanted: str, printed: Callable[[str], str]) -> None:
    """They are the SDK's own resources and classes."""
    assert printed(f"{CLIENT}print(callable({wanted}))") == "True"


@pytest.mark.parametrize("module", ["openai.types", "openai.types.responses"])
def test_unknown_attribute_raises_attribute_error(
    module: str, printed: Callable[[str], str]
) -> None:
    """With the usual message of a module."""
    code = f"""{SDK}
import {module}
try:
    {module}.Nonesuch
except AttributeError as error:
    print(error)
"""

    assert printed(code) == f"module '{module}' has no attribute 'Nonesuch'"


def test_concurrent_first_uses_import_once(printed: Callable[[str], str]) -> None:
    """All threads get the attribute."""
    code = f"""{SDK}
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(8) as pool:
    print(len(set(pool.map(lambda _: openai.types.responses.Response, range(64)))))
"""

    assert printed(code) == "1"
