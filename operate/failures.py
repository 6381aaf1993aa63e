"""One line with a next step for what an operator can put right."""

import sys

from botocore import exceptions as aws


class CommandError(Exception):
    """A command cannot do what was asked; the text says why and what to do."""


SIGN_IN = "Sign in (aws sso login, aws configure) or set AWS_PROFILE; make local needs no account."
EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
INVALID = {"InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch"}
DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}


def one_line(error: Exception) -> str | None:
    """The line for an error, or None for one that is a fault of this program."""
    if isinstance(error, CommandError):
        return str(error)
    if isinstance(error, aws.ClientError):
        return _refused(error)
    if isinstance(error, aws.BotoCoreError):
        return _from_sdk(error)
    # The SDK is imported by the commands that use it only.
    if "openai" in sys.modules:
        return _from_openai(error)
    return None


def _refused(error: aws.ClientError) -> str:
    code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    if code == "ValidationError" and "does not exist" in message:
        return f"{message}. Deploy it with make deploy, or name another with --stack."
    if code in EXPIRED:
        return f"The AWS credentials have expired. {SIGN_IN}"
    if code in INVALID:
        return f"AWS does not accept the credentials ({code}). {SIGN_IN}"
    if code in DENIED:
        return f"{message} Use credentials that allow {error.operation_name}."
    return f"AWS refused {error.operation_name}: {code}: {message}"


def _from_sdk(error: aws.BotoCoreError) -> str:
    match error:
        case aws.NoCredentialsError() | aws.PartialCredentialsError():
            return f"There are no AWS credentials. {SIGN_IN}"
        case aws.TokenRetrievalError() | aws.SSOTokenLoadError() | aws.UnauthorizedSSOTokenError():
            return f"The AWS sign-in has expired. {SIGN_IN}"
        case aws.NoRegionError():
            return "No AWS region is set. Set AWS_DEFAULT_REGION to the deployment's region."
        case aws.ProfileNotFound():
            return f"{error}. {SIGN_IN}"
        case aws.HTTPClientError() | aws.ConnectionError():
            return f"{error} Check the network; if make local was killed, start it again."
        case _:
            return str(error)


def _from_openai(error: Exception) -> str | None:
    import openai

    match error:
        case openai.AuthenticationError():
            return f"The API key was rejected: {error.message}"
        case openai.APIConnectionError():
            return f"{error.request.url} cannot be reached: {error.__cause__ or error}"
        case openai.OpenAIError():
            return str(error)
        case _:
            return None
