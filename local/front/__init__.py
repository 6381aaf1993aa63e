"""API Gateway on one machine: serves the HTTP API that the template declares."""

from local.front.http_api import HttpApi
from local.front.routes import ApiDefinition, ApiDefinitionError

__all__ = ["ApiDefinition", "ApiDefinitionError", "HttpApi"]
