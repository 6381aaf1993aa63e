"""The caller of a request."""

from dataclasses import dataclass

from understudy.domain.budgets import Limits
from understudy.domain.receivers import Receiver
from understudy.domain.run_queue import MultitaskStrategy


@dataclass(frozen=True)
class Caller:
    """The tenant behind a key, the server tools that the key may run, and its limits.

    `forwards` are the provider's endpoints that the key may use, `receiver` is the application URL
    that is notified when a run ends. `multitask_strategy` is what happens on a busy thread if the
    request does not say.
    """

    tenant: str
    server_tools: tuple[str, ...] = ()
    forwards: tuple[str, ...] = ()
    may_approve: bool = False
    key_digest: str = ""
    limits: Limits | None = None
    receiver: Receiver | None = None
    multitask_strategy: MultitaskStrategy = MultitaskStrategy.REJECT
