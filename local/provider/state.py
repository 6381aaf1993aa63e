"""Everything that one server keeps, put together."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, cast

from flask import current_app
from werkzeug.local import LocalProxy

from local.provider.clock import Clock
from local.provider.files.containers import Containers
from local.provider.files.desk import HostedDesk
from local.provider.files.store import FileStore
from local.provider.files.uploads import Uploads
from local.provider.gates import Gates
from local.provider.ledger import Ledger
from local.provider.options import Options
from local.provider.responses.life import Life
from local.provider.responses.outcome import Worker
from local.provider.responses.record import StoredResponse
from local.provider.responses.store import ResponseStore
from local.provider.scripts import Scripts
from local.provider.timers import Timers
from local.provider.vector_stores.store import VectorStores
from local.provider.webhooks.delivery import Deliveries
from local.provider.webhooks.endpoints import Endpoints

if TYPE_CHECKING:
    from local.provider.brain.desk import Desk
    from local.provider.checks import Json
    from local.provider.responses.request import CreateRequest


class Provider:
    """The composition root. One lock guards it all; `changed` is notified of every change."""

    def __init__(self, options: Options) -> None:
        limits = options.limits
        self.options = options
        self.changed = threading.Condition(threading.RLock())
        self.clock = Clock()
        self.timers = Timers()
        self.ledger = Ledger(limits, self.clock, self.changed)
        self.gates = Gates(self.changed)
        self.scripts = Scripts(self.changed)
        self.files = FileStore(options.folder, self.ledger, self.clock, self.changed)
        self.uploads = Uploads(self.files, self.ledger, self.clock, self.changed)
        self.containers = Containers(self.files, self.ledger, self.clock, self.changed)
        self.responses = ResponseStore(limits, self.ledger, self.changed)
        self.worker = Worker(self._desk)
        self.endpoints = Endpoints(self.ledger, self.clock, self.changed)
        self.life = Life(
            store=self.responses,
            worker=self.worker,
            timers=self.timers,
            gates=self.gates,
            scripts=self.scripts,
            ledger=self.ledger,
            clock=self.clock,
            changed=self.changed,
            ended=self._tell,
        )
        self.vector_stores = VectorStores(
            self.files, self.timers, self.life.speeds, self.ledger, self.clock, self.changed
        )
        self.deliveries = Deliveries(
            self.endpoints, self.timers, self.life.speeds, limits, self.clock, self.changed
        )

    def reset(self, *, keep_endpoints: bool = False) -> None:
        """Back to an empty account: nothing stored, nothing scripted, wall time, default speeds."""
        with self.changed:
            self.timers.clear()
            self.scripts.clear()
            self.gates.clear()
            self.responses.clear()
            self.containers.clear()
            self.vector_stores.clear()
            self.uploads.clear()
            self.files.clear()
            if not keep_endpoints:
                self.endpoints.clear()
            self.deliveries.clear()
            self.worker.cache.clear()
            self.clock.reset()
            self.life.speeds.reset()
            self.ledger.clear()

    def close(self) -> None:
        """Stop the timers; nothing more happens by itself."""
        self.timers.close()
        self.deliveries.close()

    def _desk(self, request: CreateRequest, history: list[Json]) -> Desk:
        return HostedDesk(request, history, self.files, self.containers, self.vector_stores)

    def _tell(self, response: StoredResponse) -> None:
        if response.request.background:
            self.deliveries.announce(f"response.{response.status}", response.id)


def _current() -> Provider:
    return cast(Provider, current_app.extensions["provider"])


provider: Provider = LocalProxy(_current)  # type: ignore[assignment]
