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
from understudy.http.frame import Request, answer
from understudy.http.multipart import FormPart
from understudy.http.validation import parse

from ..content import FileContents
from ..keep import FileCreation
from ..visible import VisibleFiles
from .forms import form_of

router = Router()

MOST_FILES = 10_000


class FilePage(PageRequest):
    """A page of files, whose limit is higher than that of other lists."""

    limit: int = Field(default=MOST_FILES, ge=1, le=MOST_FILES)
    purpose: str | None = None


class FileFields(Body):
    """The form fields of an upload, apart from the file."""

    purpose: Purpose
    expires_after: FileExpiry | None = None


def find(request: Request, file_id: str) -> File:
    """Returns the tenant's file. Raises NotFoundError."""
    file = _visible(request).file(request.tenant, file_id)
    if file is None:
        raise missing(file_id)
    return file


def _visible(request: Request) -> VisibleFiles:
    services = request.services
    return VisibleFiles(services.files, services.vector_stores, services.threads)


def missing(file_id: str) -> NotFoundError:
    """Returns OpenAI's error for an unknown file."""
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
    services = request.services
    creation = FileCreation(services.files, services.objects, services.provider_files, services.now)
    file = creation.create(
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
    """Not in OpenAI's API: a form for the bucket, for files that are too large for a request."""
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
    request.services.files.acquire_lease(file, by="form", until=0)
    return answer({"object": "file.upload", "file": file.as_object(), **form})


@router.get("/files")
def list_files() -> Response[str]:
    request = Request(router)
    wanted = request.page_as(FilePage)
    page = request.services.files.page(request.tenant, wanted, purpose=wanted.purpose)
    files = _visible(request).among(request.tenant, page.items)
    return answer(as_list([file.as_object() for file in files], has_more=page.has_more))


@router.get("/files/<file_id>")
def retrieve_file(file_id: str) -> Response[str]:
    return answer(find(Request(router), file_id).as_object())


@router.delete("/files/<file_id>")
def delete(file_id: str) -> Response[str]:
    request = Request(router)
    find(request, file_id)
    if not request.services.file_removal.delete(request.tenant, file_id):
        raise missing(file_id)
    return answer({"id": file_id, "object": "file", "deleted": True})


@router.get("/files/<file_id>/content")
def retrieve_file_content(file_id: str) -> Response[bytes] | Response[str]:
    request = Request(router)
    services = request.services
    contents = FileContents(services.objects, services.provider_files, services.provider_containers)
    found = contents.of(find(request, file_id))
    headers = {"x-content-type-options": "nosniff", "cache-control": "private, no-store"}
    if found.url is not None:
        return Response(status_code=302, headers=headers | {"location": found.url}, body="")
    headers["content-disposition"] = found.disposition
    return Response(
        status_code=200, content_type=found.content_type, headers=headers, body=found.body
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
