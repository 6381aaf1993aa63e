"""Schedule, or by hand: reports what lies at the provider and belongs to nobody.

`{"remove": true}` removes it too, `{"expire": true}` only the files of ours whose time is over, and
without either nothing is changed.
"""

from typing import Any

from understudy.files.orphans import find_orphans
from understudy.observability import logger
from understudy.services import Services, services
from understudy.tasks import invocation


def handler(
    event: dict[str, Any], context: object, using: Services | None = None
) -> dict[str, Any]:
    """Counts, bytes and monthly cost of the orphans, and whether they were removed."""
    with invocation(context):
        found = find_orphans(
            using or services(),
            remove=event.get("remove") is True,
            expire=event.get("expire") is True,
        )
        logger.info("orphans_found", **found.model_dump())
    return found.model_dump()
