"""The demo's last check: every object at the provider has an owner record."""

from local.demo.actor import DemoFailedError
from local.demo.screen import Screen
from local.ledger import live_objects, ownerless
from local.stack import Stack


def count_what_is_kept(stack: Stack, screen: Screen) -> None:
    """Raises DemoFailedError for an object at the provider that no record refers to.

    A real account may hold other objects, so only the fake provider is checked.
    """
    if stack.provider is None:
        return
    lost = ownerless(stack)
    if lost:
        raise DemoFailedError(f"The provider has objects without a record: {lost}.")
    files = len(live_objects(stack, "file"))
    screen.note(f"the provider has {files} files, and each has an owner record")
