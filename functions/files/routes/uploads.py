"""`/uploads`: files in parts, which are passed on to the provider."""

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from understudy.domain.base import Json
from understudy.domain.file_types import provider_name
from understudy.domain.files import File
from understudy.domain.ids import milliseconds, new_id
from understudy.domain.uploads import NewUpload, Upload, UploadEnd
from understudy.errors import InvalidRequestError, NotFoundError
from understudy.http.frame import Request, answer

from .forms import form_of

router = Router()


def find(request: Request, upload_id: str) -> Upload:
    """Returns the tenant's upload. Raises NotFoundError."""
    upload = request.services.uploads.get(request.tenant, upload_id)
    if upload is None:
        raise NotFoundError(f"No such Upload object: {upload_id}", param="id")
    return upload


@router.post("/uploads")
def create_upload() -> Response[str]:
    request = Request(router)
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
    return answer(made | {"id": upload.id})


@router.post("/uploads/<upload_id>/parts")
def add_upload_part(upload_id: str) -> Response[str]:
    request = Request(router)
    upload = find(request, upload_id)
    data = form_of(router).get("data")
    if data is None:
        raise InvalidRequestError(
            "Missing required parameter: 'data'.", param="data", code="missing_required_parameter"
        )
    part = request.services.provider_uploads.add_part(upload.provider_id, data.content)
    return answer(part | {"upload_id": upload.id})


@router.post("/uploads/<upload_id>/complete")
def complete_upload(upload_id: str) -> Response[str]:
    request = Request(router)
    upload = find(request, upload_id)
    body = request.body(UploadEnd)
    done = request.services.provider_uploads.complete(
        upload.provider_id, body.model_dump(exclude_none=True)
    )
    file = _file(request, upload, done["file"])
    request.services.files.put_new(file)
    return answer(done | {"id": upload.id, "file": file.as_object()})


@router.post("/uploads/<upload_id>/cancel")
def cancel_upload(upload_id: str) -> Response[str]:
    request = Request(router)
    upload = find(request, upload_id)
    cancelled = request.services.provider_uploads.cancel(upload.provider_id)
    return answer(cancelled | {"id": upload.id})


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
