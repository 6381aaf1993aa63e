"""`/drops`"""

import json

from understudy.domain.drop_reports import REPORT, STATUS, DropStatus
from understudy.domain.drops import report_prefix
from understudy.domain.files import File
from understudy.domain.lists import PageRequest
from understudy.errors import NoSuchObjectError, not_found
from understudy.http.objects.drops import DropObject, DropReportObject, drop_object
from understudy.http.objects.lists import ListOf, list_of
from understudy.http.request import Request
from understudy.http.routes import Routes

from .files import find_file

route = Routes()

MAX_REPORT = 500_000
"""Characters of a report that are shown; the whole one is in the bucket."""


@route("listDrops")
def list_drops(request: Request) -> ListOf[DropObject]:
    wanted = request.query(PageRequest)
    page = request.services.files.dropped(request.tenant, wanted)
    shown = [drop_object(file) for file in page.items]
    return list_of(shown, has_more=page.has_more, last_id=page.looked_up_to)


@route("getDrop")
def retrieve_drop(request: Request, drop_id: str) -> DropObject:
    file = find_file(request, drop_id)
    if file.drop_key is None:
        raise not_found("drop", drop_id)
    shown = drop_object(file)
    shown["report"] = _report(request, file, file.drop_key)
    return shown


def _report(request: Request, file: File, key: str) -> DropReportObject | None:
    """Returns the report on the file; None without one, or if it is on a newer file."""
    newest = request.services.drops.newest(request.tenant, key)
    status = _read(request, report_prefix(key) + STATUS)
    if status is None or newest not in (None, file.id):
        return None
    found = json.loads(status)
    text = _read(request, report_prefix(key) + REPORT)
    is_old = found["status"] == DropStatus.IN_PROGRESS  # the text is on an earlier file then
    return {
        "status": found["status"],
        "detail": found["detail"],
        "updated_at": found["updated_at"],
        "text": None if text is None or is_old else text[:MAX_REPORT],
    }


def _read(request: Request, key: str) -> str | None:
    try:
        return request.services.objects.get(key).decode("utf-8", "replace")
    except NoSuchObjectError:
        return None
