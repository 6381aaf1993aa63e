"""`/models`: the models that assistants and runs may use, without a request to the provider."""

from datetime import UTC, date, datetime, time

from understudy.domain.models import is_known, known_models
from understudy.errors import NotFoundError
from understudy.http.objects.lists import PlainList
from understudy.http.objects.models import ModelObject, model_object
from understudy.http.request import Request
from understudy.http.routes import Routes
from understudy.services import Services

route = Routes()


@route("listModels")
def list_models(request: Request) -> PlainList[ModelObject]:
    services = request.services
    names = known_models(services.prices.models, services.settings.model_aliases)
    created = _created(services)
    return {"object": "list", "data": [model_object(name, created) for name in names]}


@route("retrieveModel")
def retrieve_model(request: Request, model: str) -> ModelObject:
    services = request.services
    if not is_known(model, services.prices.models, services.settings.model_aliases):
        raise NotFoundError(
            f"The model '{model}' does not exist", param="model", code="model_not_found"
        )
    return model_object(model, _created(services))


def _created(services: Services) -> int:
    """Returns the day of the price table, in Unix seconds; it has no dates of models."""
    day = date.fromisoformat(services.prices.as_of)
    return int(datetime.combine(day, time(), UTC).timestamp())
