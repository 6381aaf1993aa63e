"""API Gateway on one machine: serves the REST API that the template declares."""

from local.front.rest_api import RestApi
from local.front.routes import ApiDefinition, ApiDefinitionError

__all__ = ["ApiDefinition", "ApiDefinitionError", "RestApi"]
