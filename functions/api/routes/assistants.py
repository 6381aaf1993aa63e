"""`/assistants`"""

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from understudy.domain.assistants import Assistant, AssistantChange, NewAssistant
from understudy.domain.ids import milliseconds, new_id
from understudy.domain.lists import as_list
from understudy.errors import NotFoundError
from understudy.http.frame import Request, answer

router = Router()


def find_assistant(request: Request, assistant_id: str) -> Assistant:
    """Returns the tenant's assistant. Raises NotFoundError."""
    assistant = request.services.assistants.get(request.tenant, assistant_id)
    if assistant is None:
        raise missing(assistant_id)
    return assistant


def _find_current(request: Request, assistant_id: str) -> Assistant:
    """Returns the assistant without files and vector stores that were deleted."""
    found = find_assistant(request, assistant_id)
    [assistant] = request.services.attachments.existing_in_assistants(request.tenant, [found])
    return assistant


def missing(assistant_id: str) -> NotFoundError:
    """Returns OpenAI's error for an unknown assistant."""
    return NotFoundError(f"No assistant found with id '{assistant_id}'.")


def _defaults(request: Request) -> dict[str, str]:
    """Returns the deployment's default model, if it has one. OpenAI's API has no default."""
    model = request.services.settings.default_model
    return {"model": model} if model else {}


@router.post("/assistants")
def create_assistant() -> Response[str]:
    request = Request(router)
    now = request.services.now()
    assistant = Assistant(
        id=new_id("asst", order=milliseconds(now)),
        tenant=request.tenant,
        created_at=int(now),
        fields=request.body(NewAssistant, _defaults(request)),
    )
    assistant = request.services.attachments.settle_assistant(assistant)
    request.services.assistants.put(assistant)
    return answer(assistant.as_object())


@router.get("/assistants")
def list_assistants() -> Response[str]:
    request = Request(router)
    page = request.services.assistants.page(request.tenant, request.page())
    assistants = request.services.attachments.existing_in_assistants(request.tenant, page.items)
    return answer(as_list([item.as_object() for item in assistants], has_more=page.has_more))


@router.get("/assistants/<assistant_id>")
def retrieve_assistant(assistant_id: str) -> Response[str]:
    return answer(_find_current(Request(router), assistant_id).as_object())


@router.post("/assistants/<assistant_id>")
def modify_assistant(assistant_id: str) -> Response[str]:
    request = Request(router)
    change = request.body(AssistantChange)
    assistant = _find_current(request, assistant_id).changed(change)
    if change.model_fields_set & {"tool_resources", "file_ids"}:
        assistant = request.services.attachments.settle_assistant(assistant)
    if not request.services.assistants.change(assistant):
        raise missing(assistant_id)
    return answer(assistant.as_object())


@router.delete("/assistants/<assistant_id>")
def delete_assistant(assistant_id: str) -> Response[str]:
    request = Request(router)
    services = request.services
    if not services.assistants.delete(request.tenant, assistant_id):
        raise missing(assistant_id)
    for use in services.file_uses.of(request.tenant, assistant_id):
        services.file_uses.release(request.tenant, assistant_id, use.file_id)
    return answer({"id": assistant_id, "object": "assistant.deleted", "deleted": True})
