"""All errors that cross a module boundary, named for the caller that handles them.

    UnderstudyError
    ├── RequestError                  the client's fault; returned as OpenAI's error object
    │   ├── InvalidRequestError
    │   ├── AuthenticationError
    │   ├── PermissionDeniedError
    │   ├── NotFoundError
    │   ├── MethodNotAllowedError
    │   ├── ConflictError
    │   ├── TooLargeError
    │   ├── UnsupportedMediaError
    │   └── LimitExceededError
    ├── StorageError                  the table, the bucket or another AWS service
    │   ├── StorageUnavailableError   throttled or unreachable: the state machine retries
    │   ├── WriteRefusedError         a condition failed: another writer came first
    │   └── NoSuchObjectError         the bucket does not have the object
    ├── ProviderError                 the model's provider
    │   ├── ProviderUnavailableError  5xx, no connection, timeout: the state machine retries
    │   ├── ProviderRateLimitedError  429; has the seconds to wait
    │   ├── ProviderQuotaError        429 insufficient_quota: waiting does not help
    │   ├── ProviderRefusedError      400, 422: the request itself is wrong
    │   │   ├── ProviderModelError    the provider does not know the model
    │   │   └── ProviderNotFoundError 404: the provider does not know the id
    │   └── ProviderKeyError          401, 403: the deployment's key is wrong
    ├── NotDeliveredError             an application's webhook failed
    ├── RunError                      a run cannot continue as planned
    │   ├── RunCancellingError        a cancel request came first: the machine goes to CancelRun
    │   ├── ResponseShownError        a client has received the response that was to be replaced
    │   └── RunEndedError             the run has ended
    └── UnforeseenError               any other error; its message is only a class name

Step Functions matches errors by class name, without inheritance; a contract test compares the names
in `statemachine/run_lifecycle.asl.yaml` with these.
"""

from collections.abc import Sequence


class UnderstudyError(Exception):
    """The root of the tree."""


class RequestError(UnderstudyError):
    """A request that cannot be served.

    `param` and `code` are fields of OpenAI's error body; `http/errors.py` has the HTTP statuses.
    """

    def __init__(self, message: str, *, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.code = code


class InvalidRequestError(RequestError):
    """The body, a parameter or the state of the object does not allow the request."""


class AuthenticationError(RequestError):
    """No key, or an unknown key."""


class PermissionDeniedError(RequestError):
    """The key is valid but not allowed to do this."""


class NotFoundError(RequestError):
    """The tenant has no such object; the error is the same for another tenant's object."""


def not_found(kind: str, object_id: str) -> NotFoundError:
    """Returns the error for an object that does not exist, with OpenAI's text.

    `kind` is the word that the text has for the object, such as `thread`, `run step` or `File`.
    """
    if kind[0].isupper():
        return NotFoundError(f"No such {kind} object: {object_id}", param="id")
    return NotFoundError(f"No {kind} found with id '{object_id}'.")


class MethodNotAllowedError(RequestError):
    """The path does not support the method. `allowed` are the methods that it supports."""

    def __init__(
        self, message: str, *, allowed: Sequence[str] = (), code: str | None = None
    ) -> None:
        super().__init__(message, code=code)
        self.allowed = tuple(allowed)


class ConflictError(RequestError):
    """A request with the same idempotency key is in progress or had another body.

    `passes` is whether the same request may succeed later.
    """

    def __init__(
        self,
        message: str,
        *,
        param: str | None = None,
        code: str | None = None,
        passes: bool = False,
    ) -> None:
        super().__init__(message, param=param, code=code)
        self.passes = passes


class TooLargeError(RequestError):
    """The body is larger than allowed."""


class UnsupportedMediaError(RequestError):
    """The content type of the body is not supported."""


class LimitExceededError(RequestError):
    """A rate limit or a budget is used up.

    `retry_after` is in seconds, None if waiting does not help.
    """

    def __init__(self, message: str, *, code: str, retry_after: int | None = None) -> None:
        super().__init__(message, code=code)
        self.retry_after = retry_after


class StorageError(UnderstudyError):
    """The table, the bucket or another AWS service refused a request."""


class StorageUnavailableError(StorageError):
    """Throttled or unreachable, after the client's own retries."""


class WriteRefusedError(StorageError):
    """The condition of a write failed. `reasons` has one entry per write of a transaction."""

    def __init__(self, message: str, reasons: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.reasons = reasons


class NoSuchObjectError(StorageError):
    """The bucket does not have the object, or the version of it."""


class ProviderError(UnderstudyError):
    """The provider failed or refused a request.

    `status` is the HTTP status, `code` the provider's code, if it gave one. `said` is the
    provider's text. It may quote contents, so it is not part of the message, which is logged; the
    client whose request it was may see it, without ids, keys and addresses.
    """

    def __init__(
        self, message: str, *, code: str | None = None, status: int | None = None, said: str = ""
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.said = said


class ProviderUnavailableError(ProviderError):
    """5xx, no connection or a timeout. A create request may have succeeded all the same."""


class ProviderRateLimitedError(ProviderError):
    """429. `retry_after` is in seconds, from the provider or a default."""

    def __init__(
        self,
        message: str,
        *,
        retry_after: float,
        code: str | None = None,
        status: int | None = None,
        said: str = "",
    ) -> None:
        super().__init__(message, code=code, status=status, said=said)
        self.retry_after = retry_after


class ProviderQuotaError(ProviderError):
    """The quota of the provider's account is used up."""


class ProviderRefusedError(ProviderError):
    """The provider refused the request and would refuse it again."""


class ProviderModelError(ProviderRefusedError):
    """The provider does not know the model."""


class ProviderNotFoundError(ProviderRefusedError):
    """The provider does not know this id."""


class ProviderKeyError(ProviderError):
    """The provider refused the deployment's key. `said` is empty: the text may quote the key."""


class NotDeliveredError(UnderstudyError):
    """An application's webhook failed; Lambda retries it twice."""


class RunError(UnderstudyError):
    """A run cannot continue as planned."""


class RunCancellingError(RunError):
    """The run cannot be completed, because a cancel request came first."""


class ResponseShownError(RunError):
    """A client has received something of the response that was to be replaced."""


class RunEndedError(RunError):
    """The run has ended already; the caller stops without an error."""


class UnforeseenError(UnderstudyError):
    """An unexpected error. Only its class and location are logged: its text may have user data."""
