"""Everything that one fake provider keeps."""

from pathlib import Path

from local.provider.account import Account
from local.provider.checks import Json
from local.provider.containers import Containers
from local.provider.desk import HostedDesk
from local.provider.files import FileStore
from local.provider.gates import Gates
from local.provider.responses.life import Life
from local.provider.responses.record import StoredResponse
from local.provider.responses.request import CreateRequest
from local.provider.responses.store import ResponseStore
from local.provider.scripts import Scripts
from local.provider.uploads import Uploads
from local.provider.vector_stores.store import VectorStores
from local.provider.webhooks.delivery import Deliveries
from local.provider.webhooks.endpoints import Endpoints


class Provider(Account):
    """An account with its stores, the model and the scripts."""

    def __init__(self, key: str, folder: Path) -> None:
        super().__init__(key, folder)
        self.gates = Gates(self.changed)
        self.scripts = Scripts(self.changed)
        self.files: FileStore = FileStore(self)
        self.uploads: Uploads = Uploads(self, self.files)
        self.containers: Containers = Containers(self, self.files)
        self.vector_stores: VectorStores = VectorStores(self, self.files)
        self.responses: ResponseStore = ResponseStore(self)
        self.endpoints: Endpoints = Endpoints(self)
        self.deliveries: Deliveries = Deliveries(self, self.endpoints)
        self.life = Life(self, self.responses, self.gates, self.scripts, self._desk, self._announce)

    def reset(self, *, keep_endpoints: bool = False) -> None:
        """Empty the account; drop scripts and gates; restore clock and speeds."""
        stores = (self.responses, self.containers, self.vector_stores, self.uploads, self.files)
        with self.changed:
            for part in (self.timers, self.scripts, self.gates, *stores, self.deliveries):
                part.clear()
            if not keep_endpoints:
                self.endpoints.clear()
            self.clock.reset()
            self.speeds.reset()
            self.ledger.clear()

    def expire(self) -> None:
        """Expire every object whose time is over."""
        for store in (self.files, self.uploads, self.containers, self.vector_stores):
            store.expire()

    def _desk(self, request: CreateRequest, history: list[Json]) -> HostedDesk:
        return HostedDesk(request, history, self.files, self.containers, self.vector_stores)

    def _announce(self, response: StoredResponse) -> None:
        if response.request.background:
            self.deliveries.announce(f"response.{response.status}", response.id)
