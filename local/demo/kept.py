"""The demo's last look: what the provider keeps now, and whether all of it is somebody's."""

from local.demo.actor import DemoFailedError
from local.demo.screen import Screen
from local.ledger import live_objects, ownerless
from local.stack import Stack


def count_what_is_kept(stack: Stack, screen: Screen) -> None:
    """Raises DemoFailedError for an object of the provider that no record refers to.

    A real provider may hold more than what is ours, so only the stand-in is asked.
    """
    if stack.provider is None:
        return
    lost = ownerless(stack)
    if lost:
        raise DemoFailedError(f"The provider keeps what is nobody's: {lost}.")
    files = len(live_objects(stack, "file"))
    screen.note(f"the provider keeps {files} files, and each is in a record of ours")
