"""The demo's last step: counting what the provider still has."""

import pytest
from openai import OpenAI

from local.demo.__main__ import count_what_is_kept
from local.demo.actor import DemoFailedError
from local.demo.screen import Screen
from local.stack import Stack

FILE = ("notes.txt", b"notes")


def test_demo_counts_the_providers_files_that_have_a_record(
    stack: Stack, client: OpenAI, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every file of the account has a record in Understudy."""
    client.files.create(file=FILE, purpose="assistants")

    count_what_is_kept(stack, Screen())

    assert "the provider has 1 files" in capsys.readouterr().out


@pytest.mark.leaves_orphans
def test_demo_fails_if_a_file_has_no_record(stack: Stack) -> None:
    """The operator would pay for it permanently."""
    assert stack.provider is not None
    with OpenAI(base_url=stack.provider.base_url, api_key=stack.provider.key) as account:
        lost = account.files.create(file=FILE, purpose="assistants")

    with pytest.raises(DemoFailedError, match=lost.id):
        count_what_is_kept(stack, Screen())
