"""API Gateway on one machine: the HTTP API of the template as a server on loopback."""

from local.front.access_log import AccessLog
from local.front.definition import ApiDefinition, ApiDefinitionError
from local.front.gateway import Gateway
from local.front.server import HttpApi, PortTakenError

__all__ = [
    "AccessLog",
    "ApiDefinition",
    "ApiDefinitionError",
    "Gateway",
    "HttpApi",
    "PortTakenError",
]
