"""`/uploads`: files in parts, which are passed on to the provider."""

from understudy.domain.base import Json
from understudy.domain.file_types import provider_name
from understudy.domain.files import File
from understudy.domain.ids import milliseconds, new_id
from understudy.domain.uploads import NewUpload, Upload, UploadEnd
from understudy.errors import InvalidRequestError, not_found
from understudy.files.provider_ids import refusals_with_our_ids
from understudy.http.objects.files import (
    UploadObject,
    UploadPartObject,
    upload_object,
    upload_part_object,
)
from understudy.http.request import Request
from understudy.http.routes import Routes

from .forms import form_of

route = Routes()


def find_upload(request: Request, upload_id: str) -> Upload:
    """Returns the tenant's upload. Raises NotFoundError."""
    upload = request.services.uploads.get(request.tenant, upload_id)
    if upload is None:
        raise not_found("Upload", upload_id)
    return upload


@route("createUpload")
def create_upload(request: Request) -> UploadObject:
    body = request.body(NewUpload)
    wanted = body.model_dump(exclude_none=True) | {"filename": provider_name(body.filename)}
    made = request.services.provider_uploads.create(wanted)
    now = request.services.now()
    upload = Upload(
        id=new_id("upload", order=milliseconds(now)),
        tenant=request.tenant,
        provider_id=made["id"],
        created_at=int(now),
        content_type=body.mime_type,
    )
    request.services.uploads.put(upload)
    return upload_object(upload, made)


@route("addUploadPart")
def add_upload_part(request: Request, upload_id: str) -> UploadPartObject:
    upload = find_upload(request, upload_id)
    data = form_of(request).get("data")
    if data is None:
        raise InvalidRequestError(
            "Missing required parameter: 'data'.", param="data", code="missing_required_parameter"
        )
    with refusals_with_our_ids({upload.provider_id: upload.id}):
        part = request.services.provider_uploads.add_part(upload.provider_id, data.content)
    return upload_part_object(upload, part)


@route("completeUpload")
def complete_upload(request: Request, upload_id: str) -> UploadObject:
    upload = find_upload(request, upload_id)
    body = request.body(UploadEnd)
    wanted = body.model_dump(exclude_none=True)
    # Parts keep the provider's ids, which only this client receives.
    known = {part: part for part in body.part_ids} | {upload.provider_id: upload.id}
    with refusals_with_our_ids(known):
        done = request.services.provider_uploads.complete(upload.provider_id, wanted)
    file = _file(request, upload, done["file"])
    request.services.files.put_new(file)
    return upload_object(upload, done, file)


@route("cancelUpload")
def cancel_upload(request: Request, upload_id: str) -> UploadObject:
    upload = find_upload(request, upload_id)
    with refusals_with_our_ids({upload.provider_id: upload.id}):
        cancelled = request.services.provider_uploads.cancel(upload.provider_id)
    return upload_object(upload, cancelled)


def _file(request: Request, upload: Upload, made: Json) -> File:
    now = request.services.now()
    return File(
        id=new_id("file", order=milliseconds(now)),
        tenant=request.tenant,
        filename=made["filename"],
        purpose=made["purpose"],
        bytes=made["bytes"],
        created_at=int(now),
        ends_at=made.get("expires_at"),
        content_type=upload.content_type,
        provider_id=made["id"],
    )
