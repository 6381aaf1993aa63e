"""What all parts of one fake provider share, and the store that its kinds of objects share."""

import threading
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from local.provider.checks import Json
from local.provider.clock import Clock, Speeds, Timers
from local.provider.errors import not_found
from local.provider.ledger import Ledger


class Account:
    """Key, clock, timers, ledger and speeds. `changed` is the one lock, notified of every change.

    `folder` holds all uploaded bytes.
    """

    def __init__(self, key: str, folder: Path) -> None:
        self.key = key
        self.folder = folder
        self.changed = threading.Condition(threading.RLock())
        self.clock = Clock()
        self.timers = Timers()
        self.speeds = Speeds()
        self.ledger = Ledger(self.clock, self.changed)


HIDDEN = {"hidden": True}
"""The metadata of a dataclass field that the JSON object does not have."""


@dataclass(kw_only=True)
class ApiObject:
    """An object of the API: its dataclass fields are those of the JSON object, if not HIDDEN."""

    kind: ClassVar[str]
    id: str
    created_at: int

    def rendered(self) -> Json:
        """Return the JSON object."""
        shown = [each.name for each in fields(self) if not each.metadata.get("hidden")]
        return {"object": self.kind, **{name: getattr(self, name) for name in shown}}


ObjectT = TypeVar("ObjectT", bound=ApiObject)


class Objects(Generic[ObjectT]):
    """The objects of one kind by id, oldest first. A subclass says when and how they expire."""

    missing = "No such object: {id}"
    deleted_kind: str
    param: str | None = None

    def __init__(self, account: Account) -> None:
        self._account = account
        self._changed = account.changed
        self._ledger = account.ledger
        self._clock = account.clock
        self._objects: dict[str, ObjectT] = {}

    def add(self, thing: ObjectT, **detail: Any) -> ObjectT:
        """Keep a new object and record its creation."""
        with self._changed:
            self._objects[thing.id] = thing
            self._ledger.note(thing.kind, thing.id, "created", **detail)
            return thing

    def get(self, object_id: str) -> ObjectT:
        """Return the object. Raises the API's 404."""
        self.expire()
        if (thing := self.find(object_id)) is None:
            raise not_found(self.missing.format(id=object_id), self.param)
        return thing

    def find(self, object_id: str) -> ObjectT | None:
        """Return the object if it exists."""
        with self._changed:
            return self._objects.get(object_id)

    def all(self) -> list[ObjectT]:
        """Return all objects, oldest first."""
        self.expire()
        with self._changed:
            return list(self._objects.values())

    def delete(self, object_id: str) -> Json:
        """Remove an object and return the API's confirmation. Raises the API's 404."""
        with self._changed:
            self.remove(self.get(object_id), "deleted")
        return {"id": object_id, "object": self.deleted_kind, "deleted": True}

    def remove(self, thing: ObjectT, action: str) -> None:
        """Remove an object, record why, and free what it holds."""
        with self._changed:
            if self._objects.pop(thing.id, None) is not None:
                self._freed(thing)
                self._ledger.note(thing.kind, thing.id, action)

    def expire(self) -> None:
        """Expire the objects whose time is over."""
        now = self._clock.now()
        with self._changed:
            for thing in [each for each in self._objects.values() if self._overdue(each, now)]:
                self._expired(thing)

    def clear(self) -> None:
        """Remove all objects without a record."""
        with self._changed:
            for thing in self._objects.values():
                self._freed(thing)
            self._objects.clear()

    def _overdue(self, thing: ObjectT, now: int) -> bool:
        """Tell whether an object's time is over."""
        return False

    def _expired(self, thing: ObjectT) -> None:
        """Expire one object: remove it, or mark it."""
        self.remove(thing, "expired")

    def _freed(self, thing: ObjectT) -> None:
        """Free what an object holds on disk."""
