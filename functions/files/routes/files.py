"""`/files`"""

from aws_lambda_powertools.event_handler import Response
from understudy.domain.base import Body
from understudy.domain.files import File
from understudy.domain.ids import milliseconds, new_id
from understudy.domain.uploads import (
    FileExpiry,
    NewObjectUpload,
    Purpose,
    upload_key,
)
from understudy.errors import InvalidRequestError, not_found
from understudy.http.multipart import FormPart
from understudy.http.objects.files import FileObject, ObjectUploadObject, file_object
from understudy.http.objects.lists import DeletedObject, ListOf, list_of
from understudy.http.queries import FilePage
from understudy.http.request import Request
from understudy.http.routes import Routes
from understudy.http.validation import parse

from ..content import FileContents
from ..keep import FileCreation
from ..visible import VisibleFiles
from .forms import form_of

route = Routes()


class FileFields(Body):
    """The form fields of an upload, apart from the file."""

    purpose: Purpose
    expires_after: FileExpiry | None = None


def find_file(request: Request, file_id: str) -> File:
    """Returns the tenant's file. Raises NotFoundError."""
    file = _visible(request).file(request.tenant, file_id)
    if file is None:
        raise not_found("File", file_id)
    return file


def _visible(request: Request) -> VisibleFiles:
    services = request.services
    return VisibleFiles(services.files, services.vector_stores, services.threads)


@route("createFile")
def create_file(request: Request) -> FileObject:
    form = form_of(request)
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
    return file_object(file)


@route("createObjectUpload")
def create_object_upload(request: Request) -> ObjectUploadObject:
    """Returns a form for the bucket, for files that are too large for a request."""
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
    return {
        "object": "file.upload",
        "file": file_object(file),
        "url": form["url"],
        "fields": form["fields"],
    }


@route("listFiles")
def list_files(request: Request) -> ListOf[FileObject]:
    wanted = request.query(FilePage)
    page = request.services.files.page(request.tenant, wanted, purpose=wanted.purpose)
    files = _visible(request).among(request.tenant, page.items)
    return list_of([file_object(file) for file in files], has_more=page.has_more)


@route("retrieveFile")
def retrieve_file(request: Request, file_id: str) -> FileObject:
    return file_object(find_file(request, file_id))


@route("deleteFile")
def delete(request: Request, file_id: str) -> DeletedObject:
    find_file(request, file_id)
    if not request.services.file_removal.delete(request.tenant, file_id):
        raise not_found("File", file_id)
    return {"id": file_id, "object": "file", "deleted": True}


@route("downloadFile")
def retrieve_file_content(request: Request, file_id: str) -> Response[bytes] | Response[str]:
    services = request.services
    contents = FileContents(services.objects, services.provider_files, services.provider_containers)
    found = contents.of(find_file(request, file_id))
    headers = {"x-content-type-options": "nosniff", "cache-control": "private, no-store"}
    if found.url is not None:
        return Response(status_code=302, headers=headers | {"location": found.url}, body="")
    headers["content-disposition"] = found.disposition
    return Response(
        status_code=200, content_type=found.content_type, headers=headers, body=found.body
    )


def _fields(form: dict[str, FormPart]) -> dict[str, object]:
    """Returns form fields as an object: `expires_after[seconds]` is in `expires_after`."""
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
