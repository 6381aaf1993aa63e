"""`/assistants`"""

from understudy.domain.assistants import Assistant, AssistantChange, NewAssistant
from understudy.domain.ids import milliseconds, new_id
from understudy.domain.lists import PageRequest
from understudy.domain.schemas import check_format, check_tools
from understudy.errors import not_found
from understudy.http.objects.assistants import AssistantObject, assistant_object
from understudy.http.objects.lists import DeletedObject, ListOf, list_of
from understudy.http.request import Request
from understudy.http.routes import Routes

route = Routes()


def find_assistant(request: Request, assistant_id: str) -> Assistant:
    """Returns the tenant's assistant. Raises NotFoundError."""
    assistant = request.services.assistants.get(request.tenant, assistant_id)
    if assistant is None:
        raise not_found("assistant", assistant_id)
    return assistant


def _find_current(request: Request, assistant_id: str) -> Assistant:
    """Returns the assistant without files and vector stores that were deleted."""
    found = find_assistant(request, assistant_id)
    [assistant] = request.services.attachments.existing_in_assistants(request.tenant, [found])
    return assistant


def _defaults(request: Request) -> dict[str, str]:
    """Returns the deployment's default model, if it has one; OpenAI's API required `model`."""
    model = request.services.settings.default_model
    return {"model": model} if model else {}


@route("createAssistant")
def create_assistant(request: Request) -> AssistantObject:
    now, fields = request.services.now(), request.body(NewAssistant, _defaults(request))
    check_tools(fields.tools)
    check_format(fields.response_format)
    request.services.check_model(fields.model)
    assistant = Assistant(
        id=new_id("asst", order=milliseconds(now)),
        tenant=request.tenant,
        created_at=int(now),
        fields=fields,
    )
    assistant = request.services.attachments.settle_assistant(assistant)
    request.services.assistants.put(assistant)
    return assistant_object(assistant)


@route("listAssistants")
def list_assistants(request: Request) -> ListOf[AssistantObject]:
    page = request.services.assistants.page(request.tenant, request.query(PageRequest))
    assistants = request.services.attachments.existing_in_assistants(request.tenant, page.items)
    return list_of([assistant_object(each) for each in assistants], has_more=page.has_more)


@route("getAssistant")
def retrieve_assistant(request: Request, assistant_id: str) -> AssistantObject:
    return assistant_object(_find_current(request, assistant_id))


@route("modifyAssistant")
def modify_assistant(request: Request, assistant_id: str) -> AssistantObject:
    change = request.body(AssistantChange)
    check_tools(change.tools)
    check_format(change.response_format)
    if change.model is not None:
        request.services.check_model(change.model)
    assistant = _find_current(request, assistant_id).changed(change)
    if change.model_fields_set & {"tool_resources", "file_ids"}:
        assistant = request.services.attachments.settle_assistant(assistant)
    if not request.services.assistants.change(assistant):
        raise not_found("assistant", assistant_id)
    return assistant_object(assistant)


@route("deleteAssistant")
def delete_assistant(request: Request, assistant_id: str) -> DeletedObject:
    services = request.services
    if not services.assistants.delete(request.tenant, assistant_id):
        raise not_found("assistant", assistant_id)
    for use in services.file_uses.of(request.tenant, assistant_id):
        services.file_uses.release(request.tenant, assistant_id, use.file_id)
    return {"id": assistant_id, "object": "assistant.deleted", "deleted": True}
