"""`/models`: the names that assistants and runs may carry. The provider is not asked."""

from datetime import UTC, date, datetime, time

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from understudy.domain.models import is_known, known_models, model_object
from understudy.errors import NotFoundError
from understudy.http.frame import Request, answer
from understudy.services import Services

router = Router()


@router.get("/models")
def list_models() -> Response[str]:
    services = Request(router).services
    names = known_models(services.prices.models, services.settings.model_aliases)
    created = _created(services)
    return answer({"object": "list", "data": [model_object(name, created) for name in names]})


@router.get("/models/<model>")
def retrieve_model(model: str) -> Response[str]:
    services = Request(router).services
    if not is_known(model, services.prices.models, services.settings.model_aliases):
        raise NotFoundError(
            f"The model '{model}' does not exist", param="model", code="model_not_found"
        )
    return answer(model_object(model, _created(services)))


def _created(services: Services) -> int:
    """The day of the price table, in Unix seconds: when a model was made is not in it."""
    day = date.fromisoformat(services.prices.as_of)
    return int(datetime.combine(day, time(), UTC).timestamp())
