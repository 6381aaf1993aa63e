"""The API's errors, in its envelope `{"error": {message, type, param, code}}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ApiError(Exception):
    """A refusal of the API: an HTTP status and the body that goes with it."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        param: str | None = None,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.kind = kind
        self.param = param
        self.code = code
        self.headers = dict(headers or {})

    def body(self) -> dict[str, Any]:
        """The JSON body, all four keys always present."""
        return {
            "error": {
                "message": self.message,
                "type": self.kind,
                "param": self.param,
                "code": self.code,
            }
        }


def bad_request(message: str, param: str | None = None, code: str | None = None) -> ApiError:
    """A 400 `invalid_request_error`."""
    return ApiError(400, message, param=param, code=code)


def not_found(message: str, param: str | None = None, code: str | None = None) -> ApiError:
    """A 404 `invalid_request_error`."""
    return ApiError(404, message, param=param, code=code)


def missing_parameter(name: str) -> ApiError:
    """A required parameter was left out."""
    return bad_request(f"Missing required parameter: '{name}'.", name, "missing_required_parameter")


def unknown_parameter(name: str) -> ApiError:
    """A parameter that the operation does not have."""
    return bad_request(f"Unknown parameter: '{name}'.", name, "unknown_parameter")


def invalid_type(name: str, expected: str, value: object) -> ApiError:
    """A parameter of the wrong JSON type."""
    message = f"Invalid type for '{name}': expected {expected}, but got {json_type(value)} instead."
    return bad_request(message, name, "invalid_type")


def invalid_value(name: str, value: object, supported: list[str]) -> ApiError:
    """A parameter outside its list of values."""
    listed = ", ".join(f"'{item}'" for item in supported[:-1])
    listed = f"{listed}, and '{supported[-1]}'" if listed else f"'{supported[-1]}'"
    message = f"Invalid value: '{value}'. Supported values are: {listed}."
    return bad_request(message, name, "invalid_value")


def unsupported_parameter(name: str, code: str | None = "unsupported_parameter") -> ApiError:
    """A parameter that this model does not take."""
    message = f"Unsupported parameter: '{name}' is not supported with this model."
    return bad_request(message, name, code)


def json_type(value: object) -> str:
    """The English name of a JSON value's type, with its article, as the API spells it."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int():
            return "an integer"
        case float():
            return "a decimal number"
        case str():
            return "a string"
        case list():
            return "an array"
        case _:
            return "an object"
