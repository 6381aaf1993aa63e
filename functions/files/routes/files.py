"""`/files`"""

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from pydantic import Field
from understudy.domain.base import Body
from understudy.domain.files import File
from understudy.domain.ids import milliseconds, new_id
from understudy.domain.lists import PageRequest, as_list
from understudy.domain.uploads import (
    FileExpiry,
    NewObjectUpload,
    Purpose,
    upload_key,
)
from understudy.errors import InvalidRequestError, NotFoundError
from understudy.files.remove import delete_file
from understudy.http.frame import Request, answer
from understudy.http.multipart import FormPart
from understudy.http.validation import parse

from ..content import give_out
from ..keep import keep_file
from .forms import form_of

router = Router()

MOST_FILES = 10_000


class FilePage(PageRequest):
    """A page of files, which may be far longer than other lists."""

    limit: int = Field(default=MOST_FILES, ge=1, le=MOST_FILES)
    purpose: str | None = None


class FileFields(Body):
    """The fields of an upload beside the file itself."""

    purpose: Purpose
    expires_after: FileExpiry | None = None


def find(request: Request, file_id: str) -> File:
    """The tenant's file. Raises NotFoundError."""
    file = request.services.files.get(request.tenant, file_id)
    if file is None:
        raise missing(file_id)
    return file


def missing(file_id: str) -> NotFoundError:
    """The original's answer to an unknown file."""
    return NotFoundError(f"No such File object: {file_id}", param="id")


@router.post("/files")
def create_file() -> Response[str]:
    request = Request(router)
    form = form_of(router)
    fields = parse(FileFields, _fields(form), strict=False)
    sent = form.get("file")
    if sent is None or sent.filename is None:
        raise InvalidRequestError(
            "Missing required parameter: 'file'.", param="file", code="missing_required_parameter"
        )
    if not sent.content:
        raise InvalidRequestError("File is empty.", param="file", code="invalid_file")
    file = keep_file(
        request.services,
        tenant=request.tenant,
        filename=sent.filename,
        purpose=fields.purpose,
        content=sent.content,
        content_type=sent.content_type,
        expires_after=fields.expires_after.seconds if fields.expires_after else None,
    )
    return answer(file.as_object())


@router.post("/files/uploads")
def create_object_upload() -> Response[str]:
    """Not in the original: a form for the bucket, for files that a request cannot carry."""
    request = Request(router)
    body = request.body(NewObjectUpload)
    now = request.services.now()
    file = File(
        id=new_id("file", order=milliseconds(now)),
        tenant=request.tenant,
        filename=body.filename,
        purpose=body.purpose,
        bytes=body.bytes,
        created_at=int(now),
        ends_at=int(now) + body.expires_after.seconds if body.expires_after else None,
        status="uploaded",
        content_type=body.mime_type,
    )
    key = upload_key(request.tenant, file.id)
    form = request.services.objects.upload_form(
        key, content_type=body.mime_type, max_bytes=body.bytes
    )
    request.services.files.take(file, by="form", until=0)
    return answer({"object": "file.upload", "file": file.as_object(), **form})


@router.get("/files")
def list_files() -> Response[str]:
    request = Request(router)
    wanted = request.page_as(FilePage)
    page = request.services.files.page(request.tenant, wanted, purpose=wanted.purpose)
    return answer(as_list([file.as_object() for file in page.items], has_more=page.has_more))


@router.get("/files/<file_id>")
def retrieve_file(file_id: str) -> Response[str]:
    return answer(find(Request(router), file_id).as_object())


@router.delete("/files/<file_id>")
def delete(file_id: str) -> Response[str]:
    request = Request(router)
    if not delete_file(request.services, request.tenant, file_id):
        raise missing(file_id)
    return answer({"id": file_id, "object": "file", "deleted": True})


@router.get("/files/<file_id>/content")
def retrieve_file_content(file_id: str) -> Response[bytes] | Response[str]:
    request = Request(router)
    given = give_out(request.services, find(request, file_id))
    headers = {"x-content-type-options": "nosniff", "cache-control": "private, no-store"}
    if given.url is not None:
        return Response(status_code=302, headers=headers | {"location": given.url}, body="")
    headers["content-disposition"] = given.disposition
    return Response(
        status_code=200, content_type=given.content_type, headers=headers, body=given.content
    )


def _fields(form: dict[str, FormPart]) -> dict[str, object]:
    """Form fields as an object: `expires_after[seconds]` is a member of `expires_after`."""
    fields: dict[str, object] = {}
    expiry: dict[str, str] = {}
    for name, part in form.items():
        if name == "file":
            continue
        outer, bracket, inner = name.partition("[")
        if bracket and outer == "expires_after":
            expiry[inner.rstrip("]")] = part.text
        else:
            fields[name] = part.text
    return fields | ({"expires_after": expiry} if expiry else {})
