"""The demo's last look at what the provider keeps."""

import pytest
from openai import OpenAI

from local.demo.actor import DemoFailedError
from local.demo.kept import count_what_is_kept
from local.demo.screen import Screen
from local.stack import Stack

FILE = ("notes.txt", b"notes")


def test_files_with_a_record_are_counted(
    stack: Stack, client: OpenAI, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every file of the account is in a record of Understudy."""
    client.files.create(file=FILE, purpose="assistants")

    count_what_is_kept(stack, Screen())

    assert "the provider has 1 files" in capsys.readouterr().out


@pytest.mark.leaves_orphans
def test_a_file_without_a_record_fails_the_demo(stack: Stack) -> None:
    """It would be paid for without an end."""
    assert stack.provider is not None
    with OpenAI(base_url=stack.provider.base_url, api_key=stack.provider.key) as account:
        lost = account.files.create(file=FILE, purpose="assistants")

    with pytest.raises(DemoFailedError, match=lost.id):
        count_what_is_kept(stack, Screen())
