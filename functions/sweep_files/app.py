"""Schedule, or by hand: reports files and vector stores at the provider that are not needed.

`{"remove": true}` removes orphans and expired files, `{"expire": true}` expired files alone, and
`{"remove_unused": true}` files that nothing has used for 30 days.
"""

from typing import Any

from understudy.observability import logger
from understudy.services import Services, services
from understudy.tasks import invocation

from .orphans import OrphanSearch, Removals


def handler(
    event: dict[str, Any], context: object, using: Services | None = None
) -> dict[str, Any]:
    """Returns counts, bytes and monthly cost, and whether anything was removed."""
    chosen = using or services()
    removals = Removals(
        orphans=event.get("remove") is True,
        expired=event.get("expire") is True,
        unused=event.get("remove_unused") is True,
    )
    with invocation(context):
        search = OrphanSearch(
            chosen.files,
            chosen.file_removal,
            chosen.provider_files,
            chosen.provider_vector_stores,
            chosen.now,
        )
        found = search.find(removals)
        logger.info("orphans_found", **found.model_dump())
    return found.model_dump()
