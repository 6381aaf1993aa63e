"""The API's errors, in its envelope `{"error": {message, type, param, code}}`."""

from typing import Any


class ApiError(Exception):
    """An error response: an HTTP status and its body."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        param: str | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self._error = {"message": message, "type": kind, "param": param, "code": code}

    def body(self) -> dict[str, Any]:
        """Return the JSON body; all four keys are always present."""
        return {"error": self._error}


def bad_request(message: str, param: str | None = None, code: str | None = None) -> ApiError:
    """Return a 400 `invalid_request_error`."""
    return ApiError(400, message, param=param, code=code)


def not_found(message: str, param: str | None = None, code: str | None = None) -> ApiError:
    """Return a 404 `invalid_request_error`."""
    return ApiError(404, message, param=param, code=code)


def missing_parameter(name: str) -> ApiError:
    """Return the error for a required parameter that is missing."""
    return bad_request(f"Missing required parameter: '{name}'.", name, "missing_required_parameter")


def invalid_type(name: str, expected: str, value: object) -> ApiError:
    """Return the error for a parameter of the wrong JSON type."""
    message = f"Invalid type for '{name}': expected {expected}, but got {_type_of(value)} instead."
    return bad_request(message, name, "invalid_type")


def invalid_value(name: str, value: object, supported: list[str]) -> ApiError:
    """Return the error for a parameter outside its list of values."""
    listed = ", ".join(f"'{item}'" for item in supported[:-1])
    listed = f"{listed}, and '{supported[-1]}'" if listed else f"'{supported[-1]}'"
    message = f"Invalid value: '{value}'. Supported values are: {listed}."
    return bad_request(message, name, "invalid_value")


def _type_of(value: object) -> str:
    """Return the English name of a JSON value's type with its article, as the API spells it."""
    names = {bool: "a boolean", int: "an integer", float: "a decimal number", str: "a string"}
    if value is None:
        return "null"
    return names.get(type(value)) or ("an array" if isinstance(value, list) else "an object")
