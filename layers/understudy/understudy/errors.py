"""Every error that crosses a module border, named for whoever has to act on it.

    UnderstudyError
    ├── RequestError                  the caller's fault; answered in OpenAI's body shape
    │   ├── InvalidRequestError
    │   ├── AuthenticationError
    │   ├── PermissionDeniedError
    │   ├── NotFoundError
    │   ├── MethodNotAllowedError
    │   ├── ConflictError
    │   ├── TooLargeError
    │   ├── UnsupportedMediaError
    │   └── LimitExceededError
    ├── StorageError                    the table or a bucket
    │   ├── StorageUnavailableError     throttled or out of reach: the state machine retries it
    │   ├── WriteRefusedError         a condition did not hold: someone else was first
    │   └── NoSuchObjectError         the bucket has no such object (any more)
    ├── ProviderError                 the model's side
    │   ├── ProviderUnavailableError  5xx, no connection, no answer: the state machine retries it
    │   ├── ProviderRateLimitedError  429; carries how long to wait
    │   ├── ProviderQuotaError        429 insufficient_quota: waiting does not help
    │   ├── ProviderRefusedError      400, 404, 422: the request itself is wrong
    │   └── ProviderKeyError          401, 403: our key is wrong
    ├── NotDeliveredError             an application's URL did not take what it was to be told
    ├── RunError                      where a run cannot go on as planned
    │   ├── RunCancellingError        a cancel came first: the state machine goes to CancelRun
    │   └── RunEndedError             the run is already in a final status
    └── UnforeseenError               anything else; its message is a class name and nothing more

Step Functions matches these by class name and knows no inheritance, so the names that
`statemachine/run_lifecycle.asl.yaml` uses are exact; a contract test compares both.
"""

from collections.abc import Sequence


class UnderstudyError(Exception):
    """Root of the tree."""


class RequestError(UnderstudyError):
    """A request that cannot be served as it stands.

    `param` and `code` are fields of OpenAI's error body; `http/errors.py` has the HTTP statuses.
    """

    def __init__(self, message: str, *, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.code = code


class InvalidRequestError(RequestError):
    """The body, a parameter or the state of the object does not allow this."""


class AuthenticationError(RequestError):
    """No key, or a key that nobody owns."""


class PermissionDeniedError(RequestError):
    """The key is known and may not do this."""


class NotFoundError(RequestError):
    """No such object for this tenant; another tenant's object looks exactly the same."""


def not_found(kind: str, object_id: str) -> NotFoundError:
    """Returns the error for an object that does not exist, with OpenAI's text.

    `kind` is the word that the text has for the object, such as `thread`, `run step` or `File`.
    """
    if kind[0].isupper():
        return NotFoundError(f"No such {kind} object: {object_id}", param="id")
    return NotFoundError(f"No {kind} found with id '{object_id}'.")


class MethodNotAllowedError(RequestError):
    """The path exists, the method does not. `allowed` are the methods that do."""

    def __init__(
        self, message: str, *, allowed: Sequence[str] = (), code: str | None = None
    ) -> None:
        super().__init__(message, code=code)
        self.allowed = tuple(allowed)


class ConflictError(RequestError):
    """Another request with the same idempotency key is in flight or had another body.

    `passes` tells whether the same request may succeed a little later.
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
    """The body is larger than what is taken."""


class UnsupportedMediaError(RequestError):
    """The body has a content type that is not read here."""


class LimitExceededError(RequestError):
    """A rate limit or a budget is used up.

    `retry_after` is in seconds, None if waiting won't help.
    """

    def __init__(self, message: str, *, code: str, retry_after: int | None = None) -> None:
        super().__init__(message, code=code)
        self.retry_after = retry_after


class StorageError(UnderstudyError):
    """The table or a bucket did not do what was asked."""


class StorageUnavailableError(StorageError):
    """Throttled, or out of reach, after the client's own retries."""


class WriteRefusedError(StorageError):
    """The condition of a write did not hold. `reasons` has one entry per write of a transaction."""

    def __init__(self, message: str, reasons: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.reasons = reasons


class NoSuchObjectError(StorageError):
    """The bucket has no such object, or no such version of it (any more)."""


class ProviderError(UnderstudyError):
    """The provider did not do what was asked. `code` is the provider's own, where it gave one."""

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.code = code


class ProviderUnavailableError(ProviderError):
    """5xx, a refused or broken connection, no answer in time. A create may have happened."""


class ProviderRateLimitedError(ProviderError):
    """429. `retry_after` is in seconds, as the provider said or a guess."""

    def __init__(self, message: str, *, retry_after: float, code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.retry_after = retry_after


class ProviderQuotaError(ProviderError):
    """The provider's account has no money left."""


class ProviderRefusedError(ProviderError):
    """The request itself was refused; the same request will be refused again.

    `said` is the provider's own text. It may quote contents, so it is no part of the message,
    which is logged; it may be told to the caller whose request it was.
    """

    def __init__(self, message: str, *, code: str | None = None, said: str = "") -> None:
        super().__init__(message, code=code)
        self.said = said


class ProviderNotFoundError(ProviderRefusedError):
    """The provider does not know this id."""


class ProviderKeyError(ProviderError):
    """Our key was refused."""


class NotDeliveredError(UnderstudyError):
    """An application's URL did not take what it was to be told; Lambda tries again, twice."""


class RunError(UnderstudyError):
    """A run cannot go on as planned."""


class RunCancellingError(RunError):
    """The run was to be completed, but a cancel came first."""


class RunEndedError(RunError):
    """The run is in a final status already; whoever asks should stop quietly."""


class UnforeseenError(UnderstudyError):
    """What nobody thought of. The log has its class and place; its text stays in the sandbox."""
