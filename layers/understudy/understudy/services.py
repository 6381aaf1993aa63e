"""What the functions use: the adapters, and the operations that several functions share."""

from functools import cache

from understudy.adapters.assembly import Adapters
from understudy.settings import settings


class Services(Adapters):
    """The adapters of a deployment and the shared operations on top of them."""


@cache
def services() -> Services:
    """Returns this process's services."""
    return Services(settings())
